# `cmake --install build/release --prefix /usr --strip`: what running needs, and nothing of lab, tests and benches. The
# programs lie beside each other, where `sportapp` looks for them; only `sportapp` itself is in the path.
get_property(service_programs GLOBAL PROPERTY SPORTAPP_PROGRAMS)
install(TARGETS sportapp monitor ${service_programs} RUNTIME DESTINATION lib/sportapp)

# Relative, so that the tree may be unpacked anywhere.
set(link ${PROJECT_BINARY_DIR}/install/sportapp)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/install)
file(CREATE_LINK ../lib/sportapp/sportapp ${link} SYMBOLIC)
install(FILES ${link} DESTINATION bin)

install(FILES deploy/sportapp.toml DESTINATION share/sportapp)
install(FILES README.md README.es.md DESTINATION share/doc/sportapp)
install(DIRECTORY docs DESTINATION share/doc/sportapp)
