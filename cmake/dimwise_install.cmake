# cmake/dimwise_install.cmake: install and export rules.
include_guard(GLOBAL)
include(CMakePackageConfigHelpers)

set(destination "${CMAKE_INSTALL_LIBDIR}/cmake/dimwise")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/dimwise" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(TARGETS dimwise EXPORT dimwise_targets)
if(TARGET dimwise_runtime)
  install(TARGETS dimwise_runtime EXPORT dimwise_targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(TARGETS dimwise_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
  if(EXISTS "${PROJECT_SOURCE_DIR}/benchmarks")
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/benchmarks" DESTINATION "${CMAKE_INSTALL_DATADIR}/dimwise" FILES_MATCHING PATTERN "w*.cpp")
  endif()
endif()
install(EXPORT dimwise_targets NAMESPACE dimwise:: DESTINATION "${destination}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/dimwise-config.cmake.in" "${PROJECT_BINARY_DIR}/dimwise-config.cmake"
                              INSTALL_DESTINATION "${destination}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/dimwise-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/dimwise-config.cmake" "${PROJECT_BINARY_DIR}/dimwise-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/dimwise_dependencies.cmake" "${PROJECT_SOURCE_DIR}/cmake/dimwise_model.cmake"
        DESTINATION "${destination}")
