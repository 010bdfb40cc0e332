{
  "variables": {
    # 'address' or 'thread' by `node-gyp rebuild -- -Drondo_sanitizer=…` (not `asan`/`tsan`: Node's
    # own config.gypi has those and wins silently).
    "rondo_sanitizer%": "",
    # By scripts/prebuild.mjs, for the published packages: an object file in the place of libstdc++.
    "rondo_runtime%": "",
    # By scripts/prebuild-programs.mjs: the programs of the benchmark need no library of the system.
    "rondo_static%": "",
  },
  "target_defaults": {
    "cflags": ["-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
    "include_dirs": ["native"],
    "cflags_cc": ["-std=c++17", "-fno-exceptions", "-fno-rtti"],
    "xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
      "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
      "MACOSX_DEPLOYMENT_TARGET": "11.0",
    },
    "conditions": [
      ["rondo_sanitizer!=''", {
        "cflags": ["-fsanitize=<(rondo_sanitizer)", "-fno-omit-frame-pointer", "-g", "-O1"],
        "ldflags": ["-fsanitize=<(rondo_sanitizer)"],
      }],
      ["rondo_sanitizer=='address'", {
        "cflags": ["-fsanitize=undefined", "-fno-sanitize-recover=undefined"],
        "ldflags": ["-fsanitize=undefined"],
      }],
    ],
  },
  "targets": [
    {
      "target_name": "rondo",
      "conditions": [
        ["OS=='linux' or OS=='mac'", {
          "sources": [
            "native/base/fd_passing.cc",
            "native/base/listen.cc",
            "native/base/loop.cc",
            "native/base/process.cc",
            "native/base/process_probe.cc",
            "native/base/socket.cc",
            "native/channel/about.cc",
            "native/channel/frames.cc",
            "native/channel/scoreboard.cc",
            "native/engine/backlog.cc",
            "native/engine/chooser.cc",
            "native/engine/control.cc",
            "native/engine/dispatch.cc",
            "native/engine/dispatch_commands.cc",
            "native/engine/dispatch_floor.cc",
            "native/engine/dispatch_hand_over.cc",
            "native/engine/dispatch_idle.cc",
            "native/engine/dispatch_look.cc",
            "native/engine/dispatch_parked.cc",
            "native/engine/dispatch_route.cc",
            "native/engine/dispatch_sessions.cc",
            "native/engine/engine.cc",
            "native/engine/hold.cc",
            "native/engine/idle.cc",
            "native/engine/ledger.cc",
            "native/engine/listener.cc",
            "native/engine/look/first_bytes.cc",
            "native/engine/look/http_head.cc",
            "native/engine/look/looking.cc",
            "native/engine/look/sessions.cc",
            "native/engine/look/sticky.cc",
            "native/engine/look/proxy_header.cc",
            "native/engine/look/trusted.cc",
            "native/engine/look/tls_hello.cc",
            "native/engine/pace.cc",
            "native/engine/overload.cc",
            "native/engine/parked.cc",
            "native/engine/peer.cc",
            "native/engine/policy.cc",
            "native/engine/reclaim.cc",
            "native/engine/returns.cc",
            "native/engine/starvation.cc",
            "native/engine/turn.cc",
            "native/engine/worker.cc",
            "native/engine/workers.cc",
            "native/js/addon.cc",
            "native/js/js_engine.cc",
            "native/js/js_engine_figures.cc",
            "native/js/js_engine_hand_over.cc",
            "native/js/js_engine_listeners.cc",
            "native/js/js_engine_slots.cc",
            "native/js/js_fd.cc",
            "native/js/js_first_bytes.cc",
            "native/js/js_process.cc",
            "native/js/js_receiver.cc",
            "native/receiver/counts.cc",
            "native/receiver/figures.cc",
            "native/receiver/outbox.cc",
            "native/receiver/receiver.cc",
          ],
          "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
          "defines": ["NAPI_VERSION=8", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED",
            # While an environment ends, events may still come and nothing can be thrown.
            "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"],
          "conditions": [
            ["rondo_runtime!=''", {"ldflags": ["<(rondo_runtime)"]}],
            # memfd_create(2) and locks of open file descriptions.
            ["OS=='linux'", {
              "sources": [
                "native/js/js_shared.cc",
                "native/js/js_shared_limiter.cc",
                "native/js/js_shared_map.cc",
                "native/js/js_shared_numbers.cc",
                "native/js/js_shared_watch.cc",
                "native/shared/cells.cc",
                "native/shared/limiter.cc",
                "native/shared/limits.cc",
                "native/shared/map.cc",
                "native/shared/metrics.cc",
                "native/shared/names.cc",
                "native/shared/region.cc",
                "native/shared/table.cc",
              ],
            }],
          ],
        }, {
          "type": "none",
        }],
      ],
    },
    {
      # The load generator of the benchmark: epoll, so Linux only.
      "target_name": "loadgen",
      "conditions": [
        ["OS=='linux'", {
          "type": "executable",
          "sources": [
            "bench/loadgen/client.cc",
            "bench/loadgen/connection.cc",
            "bench/loadgen/main.cc",
            "bench/loadgen/options.cc",
            "bench/loadgen/reply.cc",
            "bench/loadgen/report.cc",
          ],
          "conditions": [["rondo_static!=''", {"ldflags": ["-static"]}]],
        }, {
          "type": "none",
        }],
      ],
    },
    {
      # What the kernel allows with no Node in the way; contestants of the benchmark. Linux only.
      "target_name": "bare",
      "conditions": [
        ["OS=='linux'", {
          "type": "executable",
          "sources": [
            "bench/bare/listen.cc",
            "bench/bare/main.cc",
            "bench/bare/service.cc",
            "bench/bare/worker.cc",
            "native/base/fd_passing.cc",
          ],
          "conditions": [["rondo_static!=''", {"ldflags": ["-static"]}]],
        }, {
          "type": "none",
        }],
      ],
    },
    {
      # SO_REUSEPORT for contestants on a Node without it.
      "target_name": "reuseport_listen",
      "conditions": [
        ["OS=='linux'", {
          "type": "executable",
          "sources": ["bench/bare/listen.cc", "bench/bare/reuseport_listen.cc"],
          "conditions": [["rondo_static!=''", {"ldflags": ["-static"]}]],
        }, {
          "type": "none",
        }],
      ],
    },
  ],
}
