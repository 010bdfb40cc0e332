#include "engine/ledger.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"

namespace rondo {

namespace {

constexpr uint32_t kWhole = 1000;  // permille

uint64_t Load(const Counter& counter) { return counter.load(std::memory_order_relaxed); }

uint32_t Load(const std::atomic<uint32_t>& field) { return field.load(std::memory_order_relaxed); }

// A counter as far as the engine has come, and what the page has more, which wraps. Less than that
// only nonsense has.
uint64_t Advance(const Counter& counter, const std::atomic<uint32_t>& field) {
  const uint64_t seen = counter.load(std::memory_order_acquire);
  const int32_t more = static_cast<int32_t>(Load(field) - static_cast<uint32_t>(seen));
  return seen + static_cast<uint64_t>(std::max(more, 0));
}

uint64_t Less(uint64_t from, uint64_t what) { return from - std::min(from, what); }

void AddErrors(const ErrorCounters& from, ErrorCounts* to) {
  for (size_t i = 0; i < ErrorCounters::kCodes && from.code(i) != 0; i++) {
    (*to)[from.code(i)] += from.count(i);
  }
}

}  // namespace

void Reading::Add(const Reading& other) {
  handed += other.handed;
  received += other.received;
  ended += other.ended;
  refused += other.refused;
  released += other.released;
  reclaimed += other.reclaimed;
  unfinished += other.unfinished;
  lost += other.lost;
  handoff_times.Add(other.handoff_times);
}

std::shared_ptr<ProcessCounters> Ledger::Begin(uint16_t id, uint32_t generation,
                                               std::shared_ptr<Scoreboard> scoreboard) {
  Slot& slot = slots_[id];
  auto account = std::make_unique<Account>();
  account->generation = generation;
  account->scoreboard = slot.last_scoreboard = std::move(scoreboard);
  account->counters = slot.last_counters = std::make_shared<ProcessCounters>();
  slot.accounts.push_back(std::move(account));
  return slot.last_counters;
}

void Ledger::Watch(uint16_t slot, uint32_t generation, pid_t pid) {
  Account* const account = Find(slot, generation);
  if (account == nullptr) return;
  account->probe.Open(pid);
  account->is_watched = true;
}

void Ledger::NoteExit(uint16_t slot, uint32_t generation) {
  Account* const account = Find(slot, generation);
  if (account != nullptr) account->is_watched = false;
}

void Ledger::End(uint16_t id, uint32_t generation) {
  Account* const account = Find(id, generation);
  if (account == nullptr) return;
  account->is_watched = false;
  Slot& slot = slots_[id];
  Reading last = account->Read();
  if (!account->counters->is_gone.load(std::memory_order_relaxed)) last.unfinished += last.open;
  slot.ended.Add(last);
  AddErrors(account->counters->handoff_errors, &slot.ended_errors);
  slot.accounts.erase(
      std::find_if(slot.accounts.begin(), slot.accounts.end(),
                   [account](const auto& other) { return other.get() == account; }));
}

Reading Ledger::OfProcess(uint16_t slot, uint32_t generation) const {
  const Account* const account = Find(slot, generation);
  return account == nullptr ? Reading() : account->Read();
}

ErrorCounts Ledger::ErrorsOfProcess(uint16_t slot, uint32_t generation) const {
  ErrorCounts errors;
  const Account* const account = Find(slot, generation);
  if (account != nullptr) AddErrors(account->counters->handoff_errors, &errors);
  return errors;
}

Reading Ledger::OfSlot(uint16_t id) const {
  const auto found = slots_.find(id);
  if (found == slots_.end()) return Reading();
  const Slot& slot = found->second;
  Reading sum = slot.ended;
  for (const auto& account : slot.accounts) {
    const Reading one = account->Read();
    Reading next = one;
    const bool is_last = account->counters == slot.last_counters;
    if (!is_last) {
      next = Reading();
      next.Add(one);
    }
    next.Add(sum);
    sum = next;
  }
  return sum;
}

ErrorCounts Ledger::ErrorsOfSlot(uint16_t id) const {
  const auto found = slots_.find(id);
  if (found == slots_.end()) return {};
  ErrorCounts errors = found->second.ended_errors;
  for (const auto& account : found->second.accounts) {
    AddErrors(account->counters->handoff_errors, &errors);
  }
  return errors;
}

bool Ledger::HasErrors(uint16_t id) const {
  const auto found = slots_.find(id);
  if (found == slots_.end()) return false;
  const Slot& slot = found->second;
  return !slot.ended_errors.empty() ||
         std::any_of(slot.accounts.begin(), slot.accounts.end(), [](const auto& account) {
           return account->counters->handoff_errors.code(0) != 0;
         });
}

const ProcessCounters* Ledger::counters(uint16_t slot) const {
  const auto found = slots_.find(slot);
  return found == slots_.end() ? nullptr : found->second.last_counters.get();
}

const Scoreboard* Ledger::scoreboard(uint16_t slot) const {
  const auto found = slots_.find(slot);
  return found == slots_.end() ? nullptr : found->second.last_scoreboard.get();
}

Ledger::Account* Ledger::Find(uint16_t slot, uint32_t generation) const {
  const auto found = slots_.find(slot);
  if (found == slots_.end()) return nullptr;
  for (const auto& account : found->second.accounts) {
    if (account->generation == generation) return account.get();
  }
  return nullptr;
}

Reading Ledger::Account::Read() const {
  Reading out;
  // In this order: the engine and the worker go on meanwhile, and what bounds another number must
  // not be older than that, nor what lessens it newer.
  out.refused = Load(counters->refused);
  out.released = Load(counters->released);
  ReadPage(&out);
  out.reclaimed = Load(counters->reclaimed);
  out.unfinished = Load(counters->unfinished);
  out.lost += Load(counters->lost);
  out.handed = Load(counters->handed);
  // What is received was handed off, though the engine may not have counted its last frame yet.
  const uint32_t kept = static_cast<uint32_t>(out.handed - out.reclaimed);
  const int32_t in_frame = static_cast<int32_t>(Load(scoreboard->engine->handed) - kept);
  const uint64_t most =
      out.handed + static_cast<uint64_t>(std::clamp(in_frame, 0, static_cast<int32_t>(kMaxBatch)));
  out.handed = std::max(out.handed, std::min(out.received + out.reclaimed, most));
  // A page may hold anything: nobody has received more than he was handed, nor ended more than
  // that.
  out.received = std::min(out.received, Less(out.handed, out.reclaimed));
  const uint64_t kept_open = Less(Less(out.received, out.refused), out.released);
  out.ended = std::min(out.ended, kept_open);
  out.lost = std::min(out.lost, out.handed);
  if (out.handoff_times.IsPossible(handoff_times, out.received, NowNs())) {
    handoff_times = out.handoff_times;
  }
  out.handoff_times = handoff_times;
  const int64_t seen_ns = static_cast<int64_t>(Load(counters->cpu_ns));
  out.cpu_ns = is_watched ? std::max(probe.CpuTimeNs(), seen_ns) : seen_ns > 0 ? seen_ns : -1;
  if (counters->is_gone.load(std::memory_order_relaxed)) return out;
  out.open = static_cast<uint32_t>(Less(kept_open, out.ended));
  return out;
}

void Ledger::Account::ReadPage(Reading* out) const {
  const WorkerPage& page = *scoreboard->worker;
  out->handoff_times = ReadHandoffTimes(page);
  out->ended = Advance(counters->ended, page.ended);
  out->received = Advance(counters->received, page.received);
  out->lost = Load(page.lost);
  if (counters->is_gone.load(std::memory_order_relaxed) ||
      counters->has_left.load(std::memory_order_relaxed)) {
    return;
  }
  const int32_t waiting =
      static_cast<int32_t>(Load(scoreboard->engine->handed) - Load(page.received));
  out->pending = static_cast<uint32_t>(std::max(waiting, 0));
  out->heartbeat_age_ms = HeartbeatAgeMs(page);
  const uint32_t pace = Load(page.pace);
  if (pace == static_cast<uint32_t>(RequestPace::kQuick)) out->is_slow = 0;
  if (pace == static_cast<uint32_t>(RequestPace::kSlow)) out->is_slow = 1;
  if (Load(page.figures_at) == 0) return;
  out->memory_kb = Load(page.memory_kb);
  // A loop that waits for long is not late with anything, nor at work.
  const bool are_old = AreFiguresOld(page);
  out->delay_us = are_old ? 0 : Load(page.delay_us);
  out->busy_permille = are_old ? 0 : std::min(Load(page.busy_permille), kWhole);
}

}  // namespace rondo
