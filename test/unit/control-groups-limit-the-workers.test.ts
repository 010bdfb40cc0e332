// How many workers there are by default, and how much memory a share is: by the limits of the control groups, of
// version 1, 2 and both, as kernels, Docker, Kubernetes and systemd lay them out.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Test, test } from 'tap';
import { cgroupLimits, oomKills } from '../../src/supervisor/cgroup.js';
import {
  describeMachine,
  machine,
  memoryOf,
  mostUseful,
  workersOf,
} from '../../src/supervisor/machine.js';
import { OomWatch } from '../../src/supervisor/oom.js';
import { temporaryDirectory } from '../fixtures/cluster-cli.js';

const V1 = ['cpu,cpuacct', 'memory']
  .map(
    (name, i) =>
      `${31 + i} 25 0:${27 + i} ROOT /sys/fs/cgroup/${name} ro,nosuid shared:9 - cgroup cgroup rw,${name}`,
  )
  .join('\n');
const V2 = '30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev - cgroup2 cgroup2 rw,nsdelegate';

/** A directory with these files, and what stands in them. */
function tree(t: Test, files: Record<string, string>): string {
  const root = temporaryDirectory(t);
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(root, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${text}\n`);
  }
  return root;
}

const cases: Record<
  string,
  { files: Record<string, string>; quota: number | null; memoryBytes: number | null }
> = {
  'nothing is there': { files: {}, quota: null, memoryBytes: null },
  'version 2, no limit': {
    files: {
      'proc/self/cgroup': '0::/user.slice/user-0.slice/session-1.scope',
      'proc/self/mountinfo': V2,
      'sys/fs/cgroup/user.slice/cpu.max': 'max 100000',
      'sys/fs/cgroup/user.slice/memory.max': 'max',
    },
    quota: null,
    memoryBytes: null,
  },
  'version 2, a container with a namespace of its own': {
    files: {
      'proc/self/cgroup': '0::/',
      'proc/self/mountinfo': V2,
      'sys/fs/cgroup/cpu.max': '150000 100000',
      'sys/fs/cgroup/memory.max': '536870912',
      'sys/fs/cgroup/memory.high': 'max',
    },
    quota: 1.5,
    memoryBytes: 536_870_912,
  },
  'version 2, Kubernetes seen from the host: the pod is tighter than its container': {
    files: {
      'proc/self/cgroup':
        '0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-2.scope',
      'proc/self/mountinfo': `24 23 0:5 / /dev rw - devtmpfs devtmpfs rw\n${V2}`,
      'sys/fs/cgroup/kubepods.slice/cpu.max': 'max 100000',
      'sys/fs/cgroup/kubepods.slice/memory.max': '8000000000',
      'sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cpu.max':
        '250000 100000',
      'sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-2.scope/cpu.max':
        '400000 100000',
      'sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-2.scope/memory.high':
        '900000000',
      'sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-2.scope/memory.max':
        '1000000000',
    },
    quota: 2.5,
    memoryBytes: 900_000_000,
  },
  'version 2, systemd: CPUQuota= of the slice': {
    files: {
      'proc/self/cgroup': '0::/app.slice/app-web.slice/web.service',
      'proc/self/mountinfo': V2,
      'sys/fs/cgroup/app.slice/cpu.max': '60000 100000',
      'sys/fs/cgroup/app.slice/app-web.slice/web.service/cpu.max': 'max 100000',
    },
    quota: 0.6,
    memoryBytes: null,
  },
  'version 1, a container without a namespace of its own': {
    files: {
      'proc/self/cgroup':
        '4:memory:/docker/c1\n3:cpu,cpuacct:/docker/c1\n1:name=systemd:/docker/c1',
      'proc/self/mountinfo': V1.replaceAll('ROOT', '/docker/c1'),
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '350000',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '268435456',
    },
    quota: 3.5,
    memoryBytes: 268_435_456,
  },
  'version 1, Docker 20.10 with --cpus 1.5 --memory 300m, recorded': {
    files: {
      'proc/self/cgroup':
        '9:name=systemd:/docker/5161\n4:memory:/docker/5161\n3:cpuset:/docker/5161\n2:cpuacct:/docker/5161\n1:cpu:/docker/5161\n0::/docker/5161',
      'proc/self/mountinfo': [
        '74 73 0:43 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - tmpfs tmpfs rw,mode=755',
        '75 74 0:29 /docker/5161 /sys/fs/cgroup/cpu ro,nosuid,nodev,noexec,relatime - cgroup cgroup rw,cpu',
        '76 74 0:30 /docker/5161 /sys/fs/cgroup/cpuacct ro,nosuid,nodev,noexec,relatime - cgroup cgroup rw,cpuacct',
        '78 74 0:32 /docker/5161 /sys/fs/cgroup/memory ro,nosuid,nodev,noexec,relatime - cgroup cgroup rw,memory',
      ].join('\n'),
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '150000',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '314572800',
    },
    quota: 1.5,
    memoryBytes: 314_572_800,
  },
  'version 1, a limit of a group that cannot be seen': {
    files: {
      'proc/self/cgroup': '4:memory:/pod/c1',
      'proc/self/mountinfo': V1.replaceAll('ROOT', '/pod/c1'),
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
      'sys/fs/cgroup/memory/memory.stat':
        'cache 0\nrss 4096\nhierarchical_memory_limit 200000000\ntotal_rss 4096',
    },
    quota: null,
    memoryBytes: 200_000_000,
  },
  'version 1, nested, and no limit': {
    files: {
      'proc/self/cgroup': '4:memory:/a/b\n3:cpu,cpuacct:/a/b',
      'proc/self/mountinfo': V1.replaceAll('ROOT', '/'),
      'sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us': '50000',
      'sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us': '50000',
      'sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us': '-1',
      'sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/memory/a/b/memory.limit_in_bytes': '9223372036854771712',
    },
    quota: 1,
    memoryBytes: null,
  },
  'both: CPU by version 1, memory by version 2': {
    files: {
      'proc/self/cgroup': '3:cpu,cpuacct:/x\n0::/x',
      'proc/self/mountinfo': `${V1.replaceAll('ROOT', '/')}\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw`,
      'sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us': '200000',
      'sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us': '100000',
      'sys/fs/cgroup/unified/x/memory.max': '700000000',
    },
    quota: 2,
    memoryBytes: 700_000_000,
  },
  'a group outside of what is mounted, and a mount point with a space': {
    files: {
      'proc/self/cgroup': '0::/../other',
      'proc/self/mountinfo': '30 23 0:26 / /sys/fs/c\\040group rw - cgroup2 cgroup2 rw',
      'sys/fs/c group/cpu.max': '300000 100000',
    },
    quota: 3,
    memoryBytes: null,
  },
  'what is no number limits nothing': {
    files: {
      'proc/self/cgroup': '0::/',
      'proc/self/mountinfo': V2,
      'sys/fs/cgroup/cpu.max': 'x',
      'sys/fs/cgroup/memory.max': '',
    },
    quota: null,
    memoryBytes: null,
  },
};

for (const [name, { files, ...limits }] of Object.entries(cases)) {
  test(name, async (t) => t.strictSame(cgroupLimits(tree(t, files)), limits));
}

test('the number of workers', async (t) => {
  const its = { cores: 8, quota: 3.5, memoryBytes: 4e9 };
  t.equal(mostUseful(its), 4, 'rounded up');
  t.equal(mostUseful({ cores: 2, quota: 3.5 }), 2, 'no more than cores');
  t.equal(mostUseful({ cores: 64, quota: 0.1 }), 1, 'one at least');
  t.equal(mostUseful({ cores: 1024, quota: null }), 512);
  t.strictSame(
    [undefined, 'max', 'half', 7].map((value) => workersOf(value, its)),
    [4, 4, 2, 7],
  );
  t.equal(workersOf('half', { ...its, cores: 5, quota: null }), 3, 'rounded up');
  for (const value of ['most', 0, 513, 1.5, null, '4']) {
    t.throws(() => workersOf(value, its), {
      code: 'ERR_RONDO_INVALID_OPTION',
      option: 'workers',
      received: value,
    });
  }
  t.equal(describeMachine(its), '8 cores, cgroup quota 3.5');
  t.equal(describeMachine({ ...its, cores: 1, quota: null }), '1 core');
});

test('a share of the memory', async (t) => {
  const its = { cores: 8, quota: null, memoryBytes: 4e9 };
  t.equal(memoryOf('80%', 4, its), 800);
  t.equal(memoryOf('12.5%', 1, its), 500);
  t.equal(memoryOf(300, 4, its), 300);
  t.equal(memoryOf(undefined, 4, its), 0);
  for (const value of ['0%', '101%', '80', 'x%', -1, 1.5, null, '-5%']) {
    t.throws(() => memoryOf(value, 4, its), {
      code: 'ERR_RONDO_INVALID_OPTION',
      option: 'maxMemoryMb',
      received: value,
    });
  }
});

test('of this machine', async (t) => {
  const { cores, memoryBytes } = machine();
  t.ok(cores >= 1 && memoryBytes > 1e6);
  const status = { 'proc/self/status': 'Name:\tnode\nCpus_allowed_list:\t0-2,5,8-9' };
  t.equal(machine(tree(t, status)).cores, 6, 'those of its affinity');
});

test('kills for want of memory', async (t) => {
  const v2 = {
    'proc/self/cgroup': '0::/x',
    'proc/self/mountinfo': V2,
    'sys/fs/cgroup/x/memory.events': 'low 0\nhigh 7\nmax 3\noom 2\noom_kill 2',
  };
  t.equal(oomKills(tree(t, v2)), 2);
  const v1 = {
    'proc/self/cgroup': '4:memory:/a',
    'proc/self/mountinfo': V1.replaceAll('ROOT', '/'),
    'sys/fs/cgroup/memory/a/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 5',
  };
  t.equal(oomKills(tree(t, v1)), 5);
  t.equal(oomKills(tree(t, {})), 0);

  let kills = 3;
  const watch = new OomWatch(() => kills);
  t.equal(watch.take(), false, 'those before are not of this program');
  kills += 2;
  t.strictSame([watch.take(), watch.take(), watch.take()], [true, true, false]);
  kills += 1;
  watch.forget();
  t.equal(watch.take(), false, 'one of which no worker had died until then');
});
