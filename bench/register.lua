-- wrk: POST /api-commands/users with a name that nobody has, on every request.
-- Percentiles go to standard error as one JSON line, since wrk's own table stops at p99.
local format = string.format
local random = math.random
local random_seed = dofile(os.getenv("SPORTAPP_BENCH") .. "/random.lua")

function init(args)
  math.randomseed(random_seed())
  prefix = format("%02x%06x", number % 256, random(0, 0xffffff))
  count = 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  count = count + 1
  -- Random first, as people's names are: the index of names is hit all over, not at its end.
  local body = format('{"username":"%06x-%s-%x"}', random(0, 0xffffff), prefix, count)
  return wrk.format(nil, nil, nil, body)
end

done = dofile(os.getenv("SPORTAPP_BENCH") .. "/report.lua")
