/**
 * The scripts that run in Redis: per algorithm one that takes, gives back and looks, by one key, at the time of
 * Redis. All numbers are integers, so that nothing is lost by rounding: what is used is counted in takes × milliseconds where
 * it declines with time.
 *
 * ARGV: what is to be done ('take' or 'give'), how many, the limit, the window in milliseconds.
 * The answer: whether they were taken (1 or 0), how many are left, milliseconds until all are there.
 */

import { type Script, script } from './client.js';

const ARGUMENTS = `
local key = KEYS[1]
local isTake = ARGV[1] == 'take'
local n, limit, window = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
`;

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** A number that expires with its window, which begins with the first that is taken. */
const FIXED_WINDOW = `${ARGUMENTS}
local used = tonumber(redis.call('GET', key) or 0)
local ttl = redis.call('PTTL', key)
local ok = 1
if not isTake then
  n = math.min(n, used)
  used = used - n
  if used == 0 then redis.call('DEL', key) else redis.call('DECRBY', key, n) end
elseif used + n > limit then
  ok = 0
elseif n > 0 then
  used = redis.call('INCRBY', key, n)
  if ttl < 0 then
    ttl = window
    redis.call('PEXPIRE', key, ttl)
  end
end
return {ok, math.max(limit - used, 0), used > 0 and math.max(ttl, 0) or 0}
`;

/** A window follows another; of the one before counts what is less than a window ago, a part of one as one. */
const SLIDING_WINDOW = `${ARGUMENTS}${NOW}
local state = redis.call('HMGET', key, 'at', 'used', 'before')
local at, used, before = tonumber(state[1]) or now, tonumber(state[2]) or 0, tonumber(state[3]) or 0
local elapsed = math.max(now - at, 0)
if elapsed >= 2 * window then
  at, used, before, elapsed = now, 0, 0, 0
elseif elapsed >= window then
  at, used, before, elapsed = at + window, 0, used, elapsed - window
end
if used + before == 0 then at, elapsed = now, 0 end
local function left()
  local counted = used + math.ceil(before * (window - elapsed) / window)
  return math.max(limit - counted, 0)
end
local ok = 1
if not isTake then
  local mine = math.min(n, used)
  used, before = used - mine, math.max(before - (n - mine), 0)
elseif n > left() then
  ok = 0
else
  used = used + n
end
local reset = 0
if used > 0 then reset = 2 * window - elapsed elseif before > 0 then reset = window - elapsed end
if n > 0 and ok == 1 then
  if reset == 0 then
    redis.call('DEL', key)
  else
    redis.call('HSET', key, 'at', at, 'used', used, 'before', before)
    redis.call('PEXPIRE', key, reset)
  end
end
return {ok, left(), reset}
`;

/** What has been taken and has not yet come back, which it does evenly. */
const TOKEN_BUCKET = `${ARGUMENTS}${NOW}
local state = redis.call('HMGET', key, 'used', 'at')
local used, at = tonumber(state[1]) or 0, tonumber(state[2]) or now
used = math.max(used - math.max(now - at, 0) * limit, 0)
local function left() return math.floor((limit * window - used) / window) end
local ok = 1
if not isTake then
  used = math.max(used - n * window, 0)
elseif n > left() then
  ok = 0
else
  used = used + n * window
end
local reset = math.ceil(used / limit)
if n > 0 and ok == 1 then
  if reset == 0 then
    redis.call('DEL', key)
  else
    redis.call('HSET', key, 'used', used, 'at', math.max(now, at))
    redis.call('PEXPIRE', key, reset)
  end
end
return {ok, math.max(left(), 0), reset}
`;

export const LIMITERS = {
  'fixed-window': script(FIXED_WINDOW),
  'sliding-window': script(SLIDING_WINDOW),
  'token-bucket': script(TOKEN_BUCKET),
} as const satisfies Record<string, Script>;

export const DELETE = script(`return redis.call('DEL', KEYS[1])`);

/** Texts, which are exact everywhere; null and unchanged where it would be no safe integer of JavaScript any more. */
export const ADD = script(`
local sum = redis.call('INCRBY', KEYS[1], ARGV[1])
if sum >= -9007199254740991 and sum <= 9007199254740991 then return redis.call('GET', KEYS[1]) end
redis.call('DECRBY', KEYS[1], ARGV[1])
return false
`);
export const GET = script(`return redis.call('GET', KEYS[1]) or '0'`);
export const SET = script(`return redis.call('SET', KEYS[1], ARGV[1])`);
export const COMPARE_AND_SET = script(`
if (redis.call('GET', KEYS[1]) or '0') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`);
