#pragma once

namespace sportapp::http {

// Lets this process have so many connections, and files beside; says in its log how far the system allows it.
void make_room_for_files(int connections);

}  // namespace sportapp::http
