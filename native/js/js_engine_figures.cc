// The engine as a JS object: what it has counted.
#include <algorithm>
#include <iterator>

#include "js/js_engine.h"
#include "js/js_value.h"

namespace rondo {

namespace {

Napi::Value ToJs(Napi::Env env, const ErrorCounts& errors) {
  Napi::Array list = Napi::Array::New(env);
  for (const auto& [code, count] : errors) {
    Napi::Array entry = Napi::Array::New(env, 2);
    entry.Set(0u, code);
    entry.Set(1u, static_cast<double>(count));
    list.Set(list.Length(), entry);
  }
  return list;
}

Napi::Value ToJs(Napi::Env env, const ErrorCounters& errors) {
  Napi::Array list = Napi::Array::New(env);
  for (size_t i = 0; i < ErrorCounters::kCodes && errors.code(i) != 0; i++) {
    Napi::Array entry = Napi::Array::New(env, 2);
    entry.Set(0u, errors.code(i));
    entry.Set(1u, static_cast<double>(errors.count(i)));
    list.Set(static_cast<uint32_t>(i), entry);
  }
  return list;
}

// The single numbers, then the histogram: the counts of the buckets, and the sum.
constexpr size_t kSingleFigures = 17;
constexpr size_t kFigures = kSingleFigures + kTimeBuckets + 1;

// In the order of Figure in src/native/figures.ts; -1 for what is not known.
void WriteInto(const Napi::Value& figures, const Reading& reading, bool has_errors) {
  Napi::Float64Array out = figures.As<Napi::Float64Array>();
  if (out.ElementLength() < kFigures) return;
  const double singles[kSingleFigures] = {
      static_cast<double>(reading.handed),
      static_cast<double>(reading.pending),
      static_cast<double>(reading.open),
      static_cast<double>(reading.ended),
      static_cast<double>(reading.refused),
      static_cast<double>(reading.reclaimed),
      static_cast<double>(reading.unfinished),
      static_cast<double>(reading.lost),
      static_cast<double>(reading.heartbeat_age_ms),
      static_cast<double>(reading.delay_us),
      static_cast<double>(reading.busy_permille),
      static_cast<double>(reading.memory_kb),
      has_errors ? 1.0 : 0.0,
      static_cast<double>(reading.received),
      static_cast<double>(reading.cpu_ns),
      static_cast<double>(reading.released),
      static_cast<double>(reading.is_slow),
  };
  double* at = std::copy(std::begin(singles), std::end(singles), out.Data());
  at = std::copy(reading.handoff_times.counts.begin(), reading.handoff_times.counts.end(), at);
  *at = reading.handoff_times.sum_us;
}

void SetCounter(Napi::Object object, const char* name, const Counter& counter) {
  object.Set(name, static_cast<double>(counter.load(std::memory_order_relaxed)));
}

}  // namespace

// listenerStats(id)
Napi::Value JsEngine::ListenerStats(const Napi::CallbackInfo& info) {
  const ListenerCounters& counters = engine_->shared().listeners[ToUint(info[0])];
  Napi::Object stats = Napi::Object::New(info.Env());
  SetCounter(stats, "accepted", counters.accepted);
  SetCounter(stats, "redealt", counters.redealt);
  SetCounter(stats, "closed", counters.closed);
  SetCounter(stats, "turnedAway", counters.turned_away);
  SetCounter(stats, "routedOn", counters.routed_on);
  SetCounter(stats, "routedHere", counters.routed_here);
  const SessionCounters& counted = counters.sessions;
  Napi::Object sessions = Napi::Object::New(info.Env());
  SetCounter(sessions, "held", counted.held);
  SetCounter(sessions, "created", counted.created);
  SetCounter(sessions, "moved", counted.moved);
  SetCounter(sessions, "evicted", counted.evicted);
  SetCounter(sessions, "expired", counted.expired);
  SetCounter(sessions, "ended", counted.ended);
  stats.Set("sessions", sessions);
  Napi::Array faults = Napi::Array::New(info.Env(), kHeaderFaults);
  for (uint32_t i = 0; i < kHeaderFaults; i++) {
    const uint64_t count = counters.header_faults[i].load(std::memory_order_relaxed);
    faults.Set(i, static_cast<double>(count));
  }
  stats.Set("headerFaults", faults);
  stats.Set("acceptErrors", ToJs(info.Env(), counters.accept_errors));
  return stats;
}

// slotFigures(id, out): what Figure in src/native/figures.ts names
Napi::Value JsEngine::SlotFigures(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  Ledger& ledger = engine_->ledger();
  WriteInto(info[1], ledger.OfSlot(id), ledger.HasErrors(id));
  return info.Env().Undefined();
}

// processFigures(id, generation, out): the same of one process
Napi::Value JsEngine::ProcessFigures(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  Ledger& ledger = engine_->ledger();
  WriteInto(info[2], ledger.OfProcess(id, ToUint(info[1])), ledger.HasErrors(id));
  return info.Env().Undefined();
}

// handOffErrors(id): [[errno, count], …]
Napi::Value JsEngine::HandOffErrors(const Napi::CallbackInfo& info) {
  return ToJs(info.Env(), engine_->ledger().ErrorsOfSlot(static_cast<uint16_t>(ToUint(info[0]))));
}

// processHandOffErrors(id, generation): the same of one process
Napi::Value JsEngine::ProcessHandOffErrors(const Napi::CallbackInfo& info) {
  const uint16_t id = static_cast<uint16_t>(ToUint(info[0]));
  return ToJs(info.Env(), engine_->ledger().ErrorsOfProcess(id, ToUint(info[1])));
}

// noteExit(id, generation): the process has been waited for
Napi::Value JsEngine::NoteExit(const Napi::CallbackInfo& info) {
  engine_->ledger().NoteExit(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]));
  return info.Env().Undefined();
}

// endProcess(id, generation): what it has counted belongs to its slot alone from here on
Napi::Value JsEngine::EndProcess(const Napi::CallbackInfo& info) {
  engine_->ledger().End(static_cast<uint16_t>(ToUint(info[0])), ToUint(info[1]));
  return info.Env().Undefined();
}

// engineStats()
Napi::Value JsEngine::EngineStats(const Napi::CallbackInfo& info) {
  Napi::Object stats = Napi::Object::New(info.Env());
  SetCounter(stats, "accepted", engine_->shared().engine.accepted);
  SetCounter(stats, "starvedNs", engine_->shared().engine.starved_ns);
  SetCounter(stats, "waiting", engine_->shared().engine.waiting);
  SetCounter(stats, "looking", engine_->shared().engine.looking);
  stats.Set("wakeUps", static_cast<double>(engine_->wake_ups()));
  return stats;
}

// idleStats()
Napi::Value JsEngine::IdleStats(const Napi::CallbackInfo& info) {
  const IdleCounters& idle = engine_->shared().engine.idle;
  Napi::Object stats = Napi::Object::New(info.Env());
  SetCounter(stats, "held", idle.held);
  SetCounter(stats, "moved", idle.moved);
  SetCounter(stats, "ended", idle.ended);
  SetCounter(stats, "timedOut", idle.timed_out);
  SetCounter(stats, "closed", idle.closed);
  SetCounter(stats, "passedOn", idle.passed_on);
  SetCounter(stats, "takenOver", idle.taken_over);
  return stats;
}

// queueTimes(out)
Napi::Value JsEngine::QueueTimes(const Napi::CallbackInfo& info) {
  const auto& times = engine_->shared().engine.queue_times;
  auto out = info[0].As<Napi::Float64Array>();
  if (out.ElementLength() < kTimeBuckets + 1) return info.Env().Undefined();
  double* at = out.Data();
  for (const Counter& count : times.counts) {
    *at++ = static_cast<double>(count.load(std::memory_order_relaxed));
  }
  *at = static_cast<double>(times.sum_ns.load(std::memory_order_relaxed)) / 1000;
  return info.Env().Undefined();
}

}  // namespace rondo
