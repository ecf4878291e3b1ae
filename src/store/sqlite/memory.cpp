#include "store/sqlite/memory.hpp"

#include <sqlite3.h>

namespace sportapp::sqlite {

void limit_memory(int mib) {
  constexpr sqlite3_int64 kBytesInMib = 1024 * 1024;
  sqlite3_soft_heap_limit64(mib * kBytesInMib);
}

}  // namespace sportapp::sqlite
