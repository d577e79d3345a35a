# The package concero_gateway, of the install component `client`. The generated headers have a directory of their own, so
# that those of google/rpc and grpc/health are in nobody's way.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/concero_gateway)
set(headers_dir ${CMAKE_INSTALL_INCLUDEDIR}/concero_gateway)

set_target_properties(gw_client PROPERTIES EXPORT_NAME client OUTPUT_NAME concero_client)
set_target_properties(gw_proto PROPERTIES EXPORT_NAME proto OUTPUT_NAME concero_proto)
set_target_properties(gw_proto_grpc PROPERTIES EXPORT_NAME proto_grpc OUTPUT_NAME concero_proto_grpc)
target_include_directories(gw_client INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_include_directories(gw_proto INTERFACE $<INSTALL_INTERFACE:${headers_dir}/proto>)

install(TARGETS gw_client gw_proto gw_proto_grpc EXPORT concero_gateway-targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client)
install(DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/../include/concero_gateway DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT client)
get_target_property(generated_dirs gw_proto GENERATED_HEADERS)
install(DIRECTORY ${generated_dirs}/ DESTINATION ${headers_dir}/proto COMPONENT client
  FILES_MATCHING PATTERN *.h PATTERN gateway/config EXCLUDE)
install(EXPORT concero_gateway-targets NAMESPACE concero:: DESTINATION ${package_dir} COMPONENT client)

configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/concero_gateway-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/concero_gateway-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/concero_gateway-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/concero_gateway-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/concero_gateway-config-version.cmake
  DESTINATION ${package_dir} COMPONENT client)
