#include "shared/limits.h"

#include <algorithm>

namespace rondo::shared {

namespace {

// Brings a state up to `now_ms`, and within what a process can have written.

void RollFixed(const LimitRule& rule, uint64_t now_ms, LimitState* state) {
  if (now_ms >= state->at_ms) *state = {};
  state->amount = std::min(state->amount, rule.limit);
}

struct Sliding {
  uint64_t start_ms;
  uint64_t before;
  uint64_t current;
  uint64_t elapsed_ms;  // of the present window, less than all of it

  // Rounded up: a part of one that was taken counts as one.
  uint64_t Used(uint64_t window_ms) const {
    return current + (before * (window_ms - elapsed_ms) + window_ms - 1) / window_ms;
  }

  LimitState ToState() const {
    return before + current == 0 ? LimitState{} : LimitState{start_ms, before << 32 | current};
  }
};

Sliding RollSliding(const LimitRule& rule, uint64_t now_ms, const LimitState& state) {
  const uint64_t before = std::min(state.amount >> 32, rule.limit);
  const uint64_t current = std::min(state.amount & 0xffff'ffff, rule.limit);
  const uint64_t elapsed_ms = now_ms > state.at_ms ? now_ms - state.at_ms : 0;
  if (elapsed_ms < rule.window_ms) return {state.at_ms, before, current, elapsed_ms};
  if (elapsed_ms - rule.window_ms >= rule.window_ms) return {now_ms, 0, 0, 0};
  return {state.at_ms + rule.window_ms, current, 0, elapsed_ms - rule.window_ms};
}

void RollBucket(const LimitRule& rule, uint64_t now_ms, LimitState* state) {
  const uint64_t elapsed_ms = now_ms > state->at_ms ? now_ms - state->at_ms : 0;
  const uint64_t refilled = std::min(elapsed_ms, rule.window_ms) * rule.limit;
  const uint64_t missing = std::min(state->amount, rule.limit * rule.window_ms);
  state->at_ms = std::max(now_ms, state->at_ms);
  state->amount = missing - std::min(missing, refilled);
  if (state->amount == 0) *state = {};
}

Verdict TakeFixed(const LimitRule& rule, uint64_t now_ms, uint64_t n, LimitState* state) {
  RollFixed(rule, now_ms, state);
  const bool ok = n <= rule.limit - state->amount;
  if (ok && n > 0) {
    if (state->amount == 0) state->at_ms = now_ms + rule.window_ms;
    state->amount += n;
  }
  const uint64_t reset_ms =
      state->amount == 0 ? 0 : std::min(state->at_ms - now_ms, rule.window_ms);
  return {ok, rule.limit - state->amount, reset_ms};
}

Verdict TakeSliding(const LimitRule& rule, uint64_t now_ms, uint64_t n, LimitState* state) {
  Sliding window = RollSliding(rule, now_ms, *state);
  if (window.before + window.current == 0) window = {now_ms, 0, 0, 0};
  const uint64_t used = std::min(window.Used(rule.window_ms), rule.limit);
  const bool ok = n <= rule.limit - used;
  if (ok) window.current += n;
  *state = window.ToState();
  const uint64_t windows = window.current > 0 ? 2 : window.before > 0 ? 1 : 0;
  const uint64_t reset_ms = windows == 0 ? 0 : windows * rule.window_ms - window.elapsed_ms;
  return {ok, rule.limit - used - (ok ? n : 0), reset_ms};
}

Verdict TakeTokens(const LimitRule& rule, uint64_t now_ms, uint64_t n, LimitState* state) {
  RollBucket(rule, now_ms, state);
  const uint64_t most = rule.limit * rule.window_ms;
  const bool ok = n <= (most - state->amount) / rule.window_ms;
  if (ok && n > 0) {
    if (state->amount == 0) state->at_ms = now_ms;
    state->amount += n * rule.window_ms;
  }
  const uint64_t remaining = (most - state->amount) / rule.window_ms;
  return {ok, remaining, (state->amount + rule.limit - 1) / rule.limit};
}

}  // namespace

Verdict Take(const LimitRule& rule, uint64_t now_ms, uint64_t n, LimitState* state) {
  switch (rule.algorithm) {
    case Algorithm::kFixedWindow:
      return TakeFixed(rule, now_ms, n, state);
    case Algorithm::kSlidingWindow:
      return TakeSliding(rule, now_ms, n, state);
    case Algorithm::kTokenBucket:
      return TakeTokens(rule, now_ms, n, state);
  }
  return {};
}

void GiveBack(const LimitRule& rule, uint64_t now_ms, uint64_t n, LimitState* state) {
  switch (rule.algorithm) {
    case Algorithm::kFixedWindow:
      RollFixed(rule, now_ms, state);
      state->amount -= std::min(state->amount, n);
      if (state->amount == 0) *state = {};
      return;
    case Algorithm::kSlidingWindow: {
      Sliding window = RollSliding(rule, now_ms, *state);
      const uint64_t of_current = std::min(window.current, n);
      window.current -= of_current;
      window.before -= std::min(window.before, n - of_current);
      *state = window.ToState();
      return;
    }
    case Algorithm::kTokenBucket:
      RollBucket(rule, now_ms, state);
      // No more can be missing than that, and the product of a larger n might not fit.
      state->amount -= std::min(state->amount, std::min(n, rule.limit) * rule.window_ms);
      if (state->amount == 0) *state = {};
      return;
  }
}

bool IsBlank(const LimitRule& rule, uint64_t now_ms, const LimitState& state) {
  LimitState rolled = state;
  Take(rule, now_ms, 0, &rolled);
  return rolled.amount == 0;
}

}  // namespace rondo::shared
