#pragma once

namespace sportapp::sqlite {

// From so much on, of all databases of this process together, pages that are not needed make room for others
// before memory is asked for. No bound for what is needed at once. Any thread.
void limit_memory(int mib);

}  // namespace sportapp::sqlite
