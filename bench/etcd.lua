-- wrk: PUT of a key that nobody has, on every request, by etcd's HTTP gateway.
local format = string.format
local random_seed = dofile(os.getenv("SPORTAPP_BENCH") .. "/random.lua")

function init(args)
  prefix = format("%04x%08x", number, random_seed())
  count = 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  -- Twenty letters of base64 as they are: what they stand for does not matter.
  return wrk.format(nil, "/v3/kv/put", nil, format('{"key":"%s%08x","value":"c3BvcnRhcHA="}', prefix, count))
end

done = dofile(os.getenv("SPORTAPP_BENCH") .. "/report.lua")
