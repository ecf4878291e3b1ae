-- wrk: GET /api-queries/users/{id}, ids at random from 1 to the first argument.
local random = math.random

function init(args)
  local seed = io.open("/dev/urandom", "rb")
  local a, b, c, d = seed:read(4):byte(1, 4)
  seed:close()
  math.randomseed(((a * 256 + b) * 256 + c) * 256 + d)
  last = tonumber(args[1])
end

function request()
  return wrk.format("GET", "/api-queries/users/" .. random(1, last))
end

done = dofile(os.getenv("SPORTAPP_BENCH_REPORT"))
