/**
 * Each request is one script, and the server runs one script after the other: what it compares and what it writes is one step.
 * Sent whole each time (EVAL, not EVALSHA): a kilobyte every few seconds, and no server that was restarted, or took over from
 * another, has to ask for it first.
 *
 * KEYS: the lease, and its revision. Revisions are numbers of Lua, exact up to 2^53; they travel as strings.
 */

/**
 * Answers the key as the server has it, what it holds, and its time to live. PERSIST changes nothing, since the revision never
 * expires; it makes a replica refuse the script, whose answer would be old.
 */
export const READ: string = `
redis.call('PERSIST', KEYS[2])
return {KEYS[1], redis.call('GET', KEYS[1]), tostring(redis.call('PTTL', KEYS[1]))}
`;

/**
 * ARGV: the revision seen, '' if there was no lease; the record as a JSON object; the elector whose term begins, '' if none does;
 * the time to live in ms, '' to leave it as it is.
 *
 * Answers 'written', the revision and the time to live; 'refused', as not as seen or held by another elector; or 'unreadable' with
 * what was found.
 *
 * A revision is the server's time in microseconds, or one more than the last where that is greater: so it also grows when the data
 * were lost. The record is one SET together with its expiry: there is no moment at which it would stay for ever.
 */
export const WRITE: string = `
local function readable(lease)
  return type(lease) == 'table' and type(lease.revision) == 'string' and tonumber(lease.revision)
    and type(lease.holder) == 'string' and type(lease.termId) == 'string'
end
local found = redis.call('GET', KEYS[1])
local lease = nil
if found then
  local isJson, value = pcall(cjson.decode, found)
  if not isJson or not readable(value) then return {'unreadable', KEYS[1], found} end
  lease = value
end
if (lease and lease.revision or '') ~= ARGV[1] then return {'refused'} end
if lease and lease.holder ~= '' and ARGV[3] ~= '' then
  local elector = string.match(lease.termId, '^(.*)%.') or lease.termId
  if elector ~= ARGV[3] then return {'refused'} end
end

local counter = redis.call('GET', KEYS[2]) or '0'
local last = tonumber(counter)
if not last or last >= 9007199254740991 then return {'unreadable', KEYS[2], counter} end
if lease then last = math.max(last, tonumber(lease.revision)) end
local time = redis.call('TIME')
local revision = string.format('%.0f', math.max(last + 1, time[1] * 1000000 + time[2]))

local record = '{"revision":"' .. revision .. '",' .. string.sub(ARGV[2], 2)
local left = ARGV[4]
if left == '' then left = tostring(redis.call('PTTL', KEYS[1])) end
redis.call('SET', KEYS[2], revision)
if ARGV[4] == '' then
  redis.call('SET', KEYS[1], record, 'KEEPTTL')
else
  redis.call('SET', KEYS[1], record, 'PX', ARGV[4])
end
redis.pcall('PUBLISH', KEYS[1] .. ':changes', record)
return {'written', revision, left}
`;
