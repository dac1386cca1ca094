# The libraries of others. Each enters through the few source files that Layers.cmake lists, so none of
# them is part of our interface: consumers of the shared library need no development package of theirs.
find_package(Threads REQUIRED)
find_package(CAF REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
find_package(Boost REQUIRED CONFIG COMPONENTS program_options)
find_package(ZLIB QUIET)
find_package(yaml-cpp QUIET)

# msgpack-cxx is header-only; its CMake package changed its name between Debian releases, its header did not.
find_path(SAGE_MSGPACK_INCLUDE_DIR msgpack.hpp)
mark_as_advanced(SAGE_MSGPACK_INCLUDE_DIR)
if(NOT SAGE_MSGPACK_INCLUDE_DIR)
  message(FATAL_ERROR "msgpack.hpp not found: install libmsgpack-cxx-dev (tools/setup does)")
endif()

# What the core can do without: on when it is there.
option(SAGE_WITH_ZLIB "Read gzip files (zlib)" ${ZLIB_FOUND})
option(SAGE_WITH_YAML "Read YAML configurations (yaml-cpp)" ${yaml-cpp_FOUND})

# Everything the core's sources see of others, and nothing its headers see.
add_library(sage_dependencies INTERFACE)
target_include_directories(sage_dependencies SYSTEM INTERFACE "${SAGE_MSGPACK_INCLUDE_DIR}")
target_compile_definitions(sage_dependencies INTERFACE MSGPACK_NO_BOOST=1)
target_link_libraries(sage_dependencies INTERFACE
  nlohmann_json::nlohmann_json spdlog::spdlog Boost::program_options Threads::Threads)
if(SAGE_WITH_ZLIB)
  find_package(ZLIB REQUIRED)
  target_compile_definitions(sage_dependencies INTERFACE SAGE_HAS_ZLIB=1)
  target_link_libraries(sage_dependencies INTERFACE ZLIB::ZLIB)
endif()
if(SAGE_WITH_YAML)
  find_package(yaml-cpp REQUIRED)
  # The target's name changed in 0.8.
  set(SAGE_YAML_TARGET $<IF:$<TARGET_EXISTS:yaml-cpp::yaml-cpp>,yaml-cpp::yaml-cpp,yaml-cpp>)
  target_compile_definitions(sage_dependencies INTERFACE SAGE_HAS_YAML=1)
  target_link_libraries(sage_dependencies INTERFACE ${SAGE_YAML_TARGET})
endif()
