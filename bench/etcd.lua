-- wrk: PUT of a key that nobody has, on every request, by etcd's HTTP gateway.
local threads = 0
local format = string.format

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(args)
  local seed = io.open("/dev/urandom", "rb")
  local a, b, c, d = seed:read(4):byte(1, 4)
  seed:close()
  prefix = format("%04x%02x%02x%02x%02x", number, a, b, c, d)
  count = 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  -- Twenty letters of base64 as they are: what they stand for does not matter.
  return wrk.format(nil, "/v3/kv/put", nil, format('{"key":"%s%08x","value":"c3BvcnRhcHA="}', prefix, count))
end

done = dofile(os.getenv("SPORTAPP_BENCH_REPORT"))
