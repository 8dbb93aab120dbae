# What `cmake --install` puts where: the program, the public headers, the libraries, and the package file by
# which find_package(headscope) finds them (tests/install uses it).
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/headscope)
set(libraries headscope_core)
set_target_properties(headscope_core PROPERTIES EXPORT_NAME core)
if(HEADSCOPE_ENGINE)
  list(APPEND libraries headscope_engine)
  set_target_properties(headscope_engine PROPERTIES EXPORT_NAME engine)
  install(TARGETS headscope RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(TARGETS ${libraries} EXPORT headscope ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/headscope DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h")
install(EXPORT headscope FILE headscopeTargets.cmake NAMESPACE headscope:: DESTINATION ${package})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/headscopeConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/headscopeConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/headscopeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/headscopeConfig.cmake ${PROJECT_BINARY_DIR}/headscopeConfigVersion.cmake
        DESTINATION ${package})
