# sportapp_part(NAME [DEPS part ...] [LIBS target ...] [TEST_DEPS part ...] [SEPARATE file ...]): one folder of src/ as a library. Every *.cpp of the
# folder belongs to it; every *_test.cpp becomes part of NAME_test, so no test can be left out of the build. TEST_DEPS are linked by the tests only.
# The files of a part are compiled together, in half the time. SEPARATE are those whose local names are
# also another file's: ALL, or some.
function(sportapp_part name)
  cmake_parse_arguments(PART "" "" "DEPS;LIBS;TEST_DEPS;SEPARATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|main|fuzz)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  add_library(sportapp_${name} STATIC ${sources})
  target_include_directories(sportapp_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
  if(PART_SEPARATE STREQUAL "ALL")
    set_target_properties(sportapp_${name} PROPERTIES UNITY_BUILD OFF)
  elseif(PART_SEPARATE)
    set_source_files_properties(${PART_SEPARATE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  endif()
  list(TRANSFORM PART_DEPS PREPEND sportapp_)
  target_link_libraries(sportapp_${name} PUBLIC ${PART_DEPS} ${PART_LIBS})
  if(tests)
    list(TRANSFORM PART_TEST_DEPS PREPEND sportapp_)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE sportapp_${name} ${PART_TEST_DEPS} GTest::gtest_main GTest::gmock)
    sportapp_unit_test(${name})
  endif()
endfunction()

# sportapp_service(NAME): the folder src/domain/services/NAME, its rules and views, as a library; see src/domain/services/registry.hpp.
function(sportapp_service name)
  sportapp_part(${name} DEPS domain LIBS Boost::json TEST_DEPS testing)
endfunction()

# sportapp_services(NAME ...): the services there are. Each folder's library, and the registry of them all.
function(sportapp_services)
  foreach(name ${ARGN})
    add_subdirectory(${name})
    set(folder domain/services/${name}/${name})
    string(APPEND SPORTAPP_INCLUDES "#include \"${folder}.hpp\"\n#include \"${folder}_views.hpp\"\n")
    set(checks "[] { return std::vector<domain::CrossCheck>(); }")
    if(EXISTS ${PROJECT_SOURCE_DIR}/src/${folder}_checks.hpp)
      string(APPEND SPORTAPP_INCLUDES "#include \"${folder}_checks.hpp\"\n")
      set(checks domain::make_${name}_checks)
    endif()
    string(APPEND SPORTAPP_SERVICES "      {\"${name}\", [] { return domain::with_set_aside(domain::make_${name}()); }, domain::make_${name}_views, ${checks}},\n")
  endforeach()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/registered_services.cpp.in registered_services.cpp @ONLY)
  sportapp_part(services DEPS domain ${ARGN} TEST_DEPS testing)
  target_sources(sportapp_services PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/registered_services.cpp)
  set_property(GLOBAL PROPERTY SPORTAPP_SERVICES ${ARGN})
endfunction()

# The two programs of each service.
function(sportapp_service_programs)
  get_property(services GLOBAL PROPERTY SPORTAPP_SERVICES)
  foreach(name ${services})
    foreach(side commands queries)
      configure_file(${PROJECT_SOURCE_DIR}/cmake/${side}_main.cpp.in ${name}_${side}_main.cpp @ONLY)
      add_executable(${name}-${side} ${CMAKE_CURRENT_BINARY_DIR}/${name}_${side}_main.cpp)
      target_link_libraries(${name}-${side} PRIVATE sportapp_services sportapp_${side})
      set_property(GLOBAL APPEND PROPERTY SPORTAPP_PROGRAMS ${name}-${side})
    endforeach()
  endforeach()
endfunction()

# The same programs, which some requests end, see lab/poison; for tests and the lab.
function(sportapp_lab_programs)
  get_property(services GLOBAL PROPERTY SPORTAPP_SERVICES)
  foreach(name ${services})
    configure_file(${PROJECT_SOURCE_DIR}/cmake/lab_commands_main.cpp.in ${name}_lab_commands_main.cpp @ONLY)
    add_executable(lab-${name}-commands ${CMAKE_CURRENT_BINARY_DIR}/${name}_lab_commands_main.cpp)
    target_link_libraries(lab-${name}-commands PRIVATE sportapp_services sportapp_commands sportapp_poison)
    set_target_properties(lab-${name}-commands PROPERTIES OUTPUT_NAME ${name}-commands
      RUNTIME_OUTPUT_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/lab)
    list(APPEND programs lab-${name}-commands)
  endforeach()
  set_property(GLOBAL PROPERTY SPORTAPP_LAB_PROGRAMS ${programs})
  # What `sportapp experiment` needs besides.
  add_custom_target(lab_programs DEPENDS programs ${programs} sportapp-lab lab_agent sportapp_disk_shim)
endfunction()

# For the parts of this folder: no request waits for what they do, so that the first build is to be short.
function(sportapp_off_the_path)
  add_compile_options($<$<CONFIG:RelWithDebInfo>:-O1>)
endfunction()
