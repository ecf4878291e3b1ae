-- wrk: GET /api-queries/users/{id}, ids at random from 1 to the first argument.
local random = math.random
local random_seed = dofile(os.getenv("SPORTAPP_BENCH") .. "/random.lua")

function init(args)
  math.randomseed(random_seed())
  last = tonumber(args[1])
end

function request()
  return wrk.format("GET", "/api-queries/users/" .. random(1, last))
end

done = dofile(os.getenv("SPORTAPP_BENCH") .. "/report.lua")
