-- What scripts for wrk share that need names or numbers of their own: `number` of each thread, and the seed.
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

-- 32 bits. os.time alone would give two threads, and two runs within a second, the same.
return function()
  local random = io.open("/dev/urandom", "rb")
  local a, b, c, d = random:read(4):byte(1, 4)
  random:close()
  return ((a * 256 + b) * 256 + c) * 256 + d
end
