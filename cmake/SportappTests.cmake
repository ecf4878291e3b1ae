# The release build's ctest is the whole suite (tests/CMakeLists.txt); that of a build with sanitizers is its unit tests alone.
set(SPORTAPP_SUITE OFF)
if(NOT SPORTAPP_SANITIZE AND NOT SPORTAPP_FUZZ AND NOT CMAKE_CROSSCOMPILING)
  set(SPORTAPP_SUITE ON)
endif()
# Parts with threads: their tests run under the thread sanitizer, too.
set(SPORTAPP_THREADED link messaging journal projection http service retention node quarantine commands queries)
add_custom_target(unit_tests)

# What computes beside the tests of the whole, at low priority. One of each lane at once.
function(sportapp_in_lane name lane)
  set_tests_properties(${name} PROPERTIES RESOURCE_LOCK computing.${lane} PROCESSORS 1)
endfunction()

# sportapp_unit_test(NAME): the tests of a part. One process for all of them: under the sanitizers a start costs more than
# most tests do.
function(sportapp_unit_test name)
  add_dependencies(unit_tests ${name}_test)
  if(NOT SPORTAPP_SUITE)
    add_test(NAME ${name} COMMAND ${name}_test --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES TIMEOUT 900 LABELS unit)
    return()
  endif()
  set(presets debug)
  if(name IN_LIST SPORTAPP_THREADED)
    list(APPEND presets tsan)
  endif()
  foreach(preset ${presets})
    set(test ${name})
    if(preset STREQUAL tsan)
      string(PREPEND test tsan.)
    endif()
    # Their programs have deadlines of their own: they must come to their turn beside the tests of the whole.
    add_test(NAME ${test} COMMAND nice -n 5 ${PROJECT_SOURCE_DIR}/build/${preset}/bin/${name}_test --gtest_brief=1)
    set_tests_properties(${test} PROPERTIES TIMEOUT 900 LABELS unit COST 400 FIXTURES_REQUIRED built.${preset})
    get_property(count GLOBAL PROPERTY SPORTAPP_UNIT_TESTS)
    math(EXPR count "${count} + 1")
    set_property(GLOBAL PROPERTY SPORTAPP_UNIT_TESTS ${count})
    math(EXPR lane "${count} % 2")
    sportapp_in_lane(${test} ${lane})
  endforeach()
endfunction()
