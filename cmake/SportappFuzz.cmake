# sportapp_fuzz(NAME [PARTS part ...] [SOURCES file ...] [LIBS target ...]): NAME.cpp of this folder as a
# libFuzzer program, in the fuzz preset only. It is linked with whole parts, or, where a part brings in too much,
# with single sources of it. The target `fuzzers` is all of them; the seeds lie in tests/corpus/NAME.
if(SPORTAPP_FUZZ)
  add_custom_target(fuzzers)
endif()

function(sportapp_fuzz name)
  if(NOT SPORTAPP_FUZZ)
    return()
  endif()
  cmake_parse_arguments(FUZZ "" "" "PARTS;SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${name}.cpp ${FUZZ_SOURCES})
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)  # sources of several parts, whose local names may be the same
  list(TRANSFORM FUZZ_PARTS PREPEND sportapp_)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE ${FUZZ_PARTS} ${FUZZ_LIBS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
endfunction()
