# How a folder of tests becomes a binary and entries of ctest.
find_package(Catch2 REQUIRED)

# Catch2 2.x compiles its implementation here once, for all binaries; 3.x links it.
add_library(sage_catch OBJECT "${PROJECT_SOURCE_DIR}/tests/catch_main.cpp")
target_include_directories(sage_catch PUBLIC "${PROJECT_SOURCE_DIR}")
if(Catch2_VERSION VERSION_GREATER_EQUAL 3)
  target_link_libraries(sage_catch PUBLIC Catch2::Catch2WithMain)
else()
  target_link_libraries(sage_catch PUBLIC Catch2::Catch2)
endif()

# Read by programs of the presets dev and tsan only. What is suppressed is not ours; tests/sanitizers has the reasons.
set(suppressions "${PROJECT_SOURCE_DIR}/tests/sanitizers")
set(SAGE_TEST_ENVIRONMENT
  "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1"
  "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1:suppressions=${suppressions}/ubsan.supp"
  "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1")

# sage_test_binary(NAME LABEL label SOURCES glob... [LIBRARIES target...])
#
# All tests of the globs in one binary. ctest gets one entry per file ("unit.runtime.credit" for
# unit/runtime/credit_test.cpp): quick, as nothing has to be asked for its list of tests, and readable. A file
# without tests and a test without assertions fail.
function(sage_test_binary name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;LIBRARIES" ${ARGN})
  list(TRANSFORM arg_SOURCES PREPEND "${CMAKE_CURRENT_SOURCE_DIR}/")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${arg_SOURCES})
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources} $<TARGET_OBJECTS:sage_catch>)
  target_link_libraries(${name} PRIVATE sage::testing sage_catch sage_flags sage_dependencies ${arg_LIBRARIES})
  target_compile_definitions(${name} PRIVATE
    SAGE_SOURCE_DIR="${PROJECT_SOURCE_DIR}" SAGE_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  sage_precompile(${name} "\"tests/catch.hpp\"" algorithm chrono functional map memory optional string unordered_map
    variant vector)

  set(seen "")
  foreach(source IN LISTS sources)
    if(NOT source MATCHES "_test\\.cpp$")
      continue()
    endif()
    get_filename_component(file_name "${source}" NAME_WE)
    if(file_name IN_LIST seen)
      message(FATAL_ERROR "${source}: another test file of ${name} is called ${file_name}.cpp too; rename one")
    endif()
    list(APPEND seen "${file_name}")
    file(RELATIVE_PATH entry "${CMAKE_CURRENT_SOURCE_DIR}" "${source}")
    string(REGEX REPLACE "_test\\.cpp$" "" entry "${entry}")
    string(REGEX MATCH "/.*" entry "${entry}")
    string(REPLACE "/" "." entry "${arg_LABEL}${entry}")
    add_test(NAME "${entry}" COMMAND ${name} --warn NoAssertions --filenames-as-tags "[#${file_name}]~[.]"
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties("${entry}" PROPERTIES LABELS "${arg_LABEL}" TIMEOUT 300
      FAIL_REGULAR_EXPRESSION "No test cases matched" ENVIRONMENT "${SAGE_TEST_ENVIRONMENT}")
    # What measures time must not share the machine with other tests.
    if(file_name MATCHES "_timing_test$")
      set_tests_properties("${entry}" PROPERTIES RUN_SERIAL TRUE)
    endif()
  endforeach()
endfunction()
