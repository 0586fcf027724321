# cmake --install: the server, the client library with its headers, and find_package(wick).
install(TARGETS wick RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT server)

install(FILES ${PROJECT_SOURCE_DIR}/config/wick.toml DESTINATION ${CMAKE_INSTALL_DATADIR}/wick
        COMPONENT server)
install(FILES ${PROJECT_SOURCE_DIR}/config/wick.service DESTINATION lib/systemd/system COMPONENT server)
install(FILES ${PROJECT_SOURCE_DIR}/config/completion.bash RENAME wick
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT server)

install(TARGETS wick_client EXPORT wick-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/wick DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT client FILES_MATCHING PATTERN "*.h")

set(wick_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/wick)
install(EXPORT wick-targets NAMESPACE wick:: DESTINATION ${wick_package_dir} COMPONENT client)
configure_package_config_file(
  ${CMAKE_CURRENT_LIST_DIR}/wick-config.cmake.in ${PROJECT_BINARY_DIR}/wick-config.cmake
  INSTALL_DESTINATION ${wick_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/wick-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/wick-config.cmake
              ${PROJECT_BINARY_DIR}/wick-config-version.cmake
        DESTINATION ${wick_package_dir} COMPONENT client)
