# `cmake --install build/release --prefix /usr --strip`: what running needs, and nothing of lab, tests and benches; the
# lab is the component `lab`. The programs lie beside each other, where `sportapp` looks for them; only `sportapp` itself is in the path.
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

# A unit a process, and the target that wants them all: of the services that are built, with the default's one spare.
set(processes redis)
foreach(program ${service_programs})
  set(nodes a b)
  if(program MATCHES "-queries$")
    set(nodes 1 2)
  endif()
  foreach(node ${nodes})
    list(APPEND processes ${program}-${node})
  endforeach()
endforeach()
foreach(process ${processes} monitor gateway)
  string(APPEND SPORTAPP_WANTS "Wants=sportapp@${process}.service\n")
endforeach()
configure_file(deploy/systemd/sportapp.target.in ${PROJECT_BINARY_DIR}/install/sportapp.target @ONLY)
install(FILES deploy/systemd/sportapp@.service ${PROJECT_BINARY_DIR}/install/sportapp.target DESTINATION lib/systemd/system)

# The experiment, once `lab_programs` is built, and `report_page` for report.html. It starts the programs beside it.
if(TARGET sportapp-lab)
  get_property(lab_programs GLOBAL PROPERTY SPORTAPP_LAB_PROGRAMS)
  install(TARGETS sportapp-lab RUNTIME DESTINATION lib/sportapp COMPONENT lab EXCLUDE_FROM_ALL)
  install(TARGETS lab_agent ${lab_programs} RUNTIME DESTINATION lib/sportapp/lab COMPONENT lab EXCLUDE_FROM_ALL)
  install(TARGETS sportapp_disk_shim LIBRARY DESTINATION lib/sportapp/lab COMPONENT lab EXCLUDE_FROM_ALL)
  install(DIRECTORY experiment/scenarios DESTINATION share/sportapp COMPONENT lab EXCLUDE_FROM_ALL)
  install(FILES ${PROJECT_BINARY_DIR}/share/sportapp/report.html DESTINATION share/sportapp OPTIONAL COMPONENT lab
    EXCLUDE_FROM_ALL)
endif()
