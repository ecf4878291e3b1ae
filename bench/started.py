"""What runs for the length of a `with`."""


class Started:
    """_start() begins it, _end() ends it; also what began of it where _start() failed."""

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_):
        self._end()
