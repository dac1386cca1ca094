# One library out of both rooms (sage::sage), and the parts that only tests link (sage::testing).
add_library(sage "${PROJECT_SOURCE_DIR}/tools/cmake/empty.cpp"
  $<TARGET_OBJECTS:sage_core> $<TARGET_OBJECTS:sage_actors>)
add_library(sage::sage ALIAS sage)
set_target_properties(sage PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
target_compile_features(sage PUBLIC cxx_std_20)
if(BUILD_SHARED_LIBS AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # What is declared and nowhere defined is an error here, not in a user's program.
  target_link_options(sage PRIVATE -Wl,--no-undefined)
endif()
target_include_directories(sage PUBLIC
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/libsage>"
  "$<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated/include>"
  "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>"
  "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
target_link_libraries(sage PUBLIC Threads::Threads
  PRIVATE CAF::core spdlog::spdlog Boost::program_options OpenSSL::Crypto
  $<$<BOOL:${SAGE_WITH_ZLIB}>:ZLIB::ZLIB> $<$<BOOL:${SAGE_WITH_YAML}>:${SAGE_YAML_TARGET}>
  $<$<BOOL:${SAGE_WITH_CURL}>:CURL::libcurl> $<$<BOOL:${SAGE_WITH_SERVING}>:OpenSSL::SSL>
  $<$<BOOL:${SAGE_WITH_SQLITE}>:SQLite::SQLite3>
  $<$<BOOL:${SAGE_WITH_TIME_ZONES}>:${SAGE_DATE_LIBRARY}>
  $<$<BOOL:${SAGE_WITH_ROCKSDB}>:${SAGE_ROCKSDB_LIBRARY}>)

# For programs that are CAF applications themselves: <sage/embedded.hpp> and CAF.
add_library(sage_embedded INTERFACE)
add_library(sage::embedded ALIAS sage_embedded)
target_link_libraries(sage_embedded INTERFACE sage CAF::core)

# Operator harness, stream script, probes: for users' tests and ours, never part of an application.
file(GLOB_RECURSE SAGE_TESTING_SOURCES CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/libsage/sage/testing/*.cpp")
add_library(sage_testing STATIC "${PROJECT_SOURCE_DIR}/tools/cmake/empty.cpp" ${SAGE_TESTING_SOURCES})
add_library(sage::testing ALIAS sage_testing)
target_link_libraries(sage_testing PUBLIC sage)
target_compile_options(sage_testing PRIVATE $<TARGET_PROPERTY:sage_flags,INTERFACE_COMPILE_OPTIONS>)

set_target_properties(sage_embedded PROPERTIES EXPORT_NAME embedded)
set_target_properties(sage_testing PROPERTIES EXPORT_NAME testing)
