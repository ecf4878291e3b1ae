# sportapp_fuzz(NAME part ...): NAME.cpp of this folder as a libFuzzer program, in the fuzz preset only. The
# target `fuzzers` is all of them; its seeds lie in tests/corpus/NAME.
if(SPORTAPP_FUZZ)
  add_custom_target(fuzzers)
endif()

function(sportapp_fuzz name)
  if(NOT SPORTAPP_FUZZ)
    return()
  endif()
  add_executable(${name} ${name}.cpp)
  list(TRANSFORM ARGN PREPEND sportapp_ OUTPUT_VARIABLE parts)
  target_link_libraries(${name} PRIVATE ${parts})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers ${name})
endfunction()
