# cmake --install: headers, libraries, the command line tool, find_package(sage), pkg-config. The installed tree may be
# moved: nothing in it names its own place.
include(CMakePackageConfigHelpers)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/sage")
file(RELATIVE_PATH libraries_from_programs "/${CMAKE_INSTALL_BINDIR}" "/${CMAKE_INSTALL_LIBDIR}")

# Headers. Of the actors only the one for CAF programmers is public.
install(DIRECTORY "${PROJECT_SOURCE_DIR}/libsage/sage" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_BINARY_DIR}/generated/include/sage/version.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sage")
install(FILES "${PROJECT_SOURCE_DIR}/actors/embedded.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sage")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/actors/embedded" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sage"
  FILES_MATCHING PATTERN "*.hpp")

# Libraries and programs.
install(TARGETS sage sage_testing EXPORT sage_targets
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET sage_cli)
  set_target_properties(sage_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${libraries_from_programs}")
  install(TARGETS sage_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

# find_package(sage).
install(EXPORT sage_targets NAMESPACE sage:: FILE sage-targets.cmake DESTINATION "${package_folder}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/tools/cmake/sage-config.cmake.in"
  "${PROJECT_BINARY_DIR}/package/sage-config.cmake" INSTALL_DESTINATION "${package_folder}")
# While the major version is 0, a minor version may break what was.
set(compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
endif()
write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/sage-config-version.cmake"
  COMPATIBILITY ${compatibility})
install(FILES "${PROJECT_BINARY_DIR}/package/sage-config.cmake"
  "${PROJECT_BINARY_DIR}/package/sage-config-version.cmake" "${PROJECT_SOURCE_DIR}/tools/cmake/FindCAF.cmake"
  DESTINATION "${package_folder}")

# pkg-config. The archive needs its libraries named; the shared library names them itself.
set(pc_requires "")
set(pc_libraries "")
if(NOT BUILD_SHARED_LIBS)
  set(pc_requires "spdlog")
  set(pc_libraries "-lcaf_core -lboost_program_options -pthread")
  if(SAGE_WITH_ZLIB)
    string(APPEND pc_requires " zlib")
  endif()
  if(SAGE_WITH_YAML)
    string(APPEND pc_requires " yaml-cpp")
  endif()
endif()
file(RELATIVE_PATH pc_prefix "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file("${PROJECT_SOURCE_DIR}/tools/cmake/sage.pc.in" "${PROJECT_BINARY_DIR}/package/sage.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/package/sage.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md"
  "${PROJECT_SOURCE_DIR}/docs/reference/stability.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
