# `cpack -G DEB` in the build folder, once `programs` is built: the package `sportapp`, what `cmake --install` installs and
# the settings in /etc. The libraries it depends on are those that the programs load, as dpkg-shlibdeps finds them.
set(debian ${PROJECT_SOURCE_DIR}/deploy/debian)
# Not of `cmake --install`: whoever installs below a folder of their own wants nothing written into /etc.
install(FILES deploy/sportapp.toml DESTINATION /etc/sportapp COMPONENT debian EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};sportapp;ALL;/" "${PROJECT_BINARY_DIR};sportapp;debian;/")
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_NAME sportapp)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "SportApp <sportapp@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "always-on registration backend: users, products and orders")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Users, products and orders behind an NGINX gateway, commands and queries apart,
joined by events over Redis Streams. What dies is started again, and a spare of
each commands service stands in meanwhile. Nothing starts by itself:
systemctl enable --now sportapp.target does it.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "nginx-light | nginx, redis-server, adduser")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${debian}/postinst ${debian}/prerm ${debian}/postrm ${debian}/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
include(CPack)

# `cpack --config CPackLab.cmake`, once `lab_programs` is built: the package `sportapp-lab`.
if(TARGET sportapp-lab)
  configure_file(cmake/CPackLab.cmake.in ${PROJECT_BINARY_DIR}/CPackLab.cmake @ONLY)
endif()
