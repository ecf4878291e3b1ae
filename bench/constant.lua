-- wrk: GET / of the NGINX that answers a constant.
done = dofile(os.getenv("SPORTAPP_BENCH") .. "/report.lua")
