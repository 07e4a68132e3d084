# layer(NAME [LIBS ...]): one folder of src/ is one static library. What it may link (and so include) is read from
# src/LAYERS, so the build and the layer check cannot disagree. Tests of the room are tests/NAME/*.cpp in one program.
file(STRINGS ${CMAKE_SOURCE_DIR}/src/LAYERS TESSERA_LAYERS REGEX "^[a-z]")

function(layer name)
  cmake_parse_arguments(LAYER "" "" "LIBS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${name}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT sources)
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_precompile_headers(${name} REUSE_FROM tessera_pch)
  target_link_libraries(${name} PRIVATE tessera_flags ${LAYER_LIBS})
  foreach(line ${TESSERA_LAYERS})
    string(REGEX MATCH "^([a-z_]+): *(.*)$" matched "${line}")
    if(CMAKE_MATCH_1 STREQUAL name AND CMAKE_MATCH_2)
      string(REPLACE " " ";" below "${CMAKE_MATCH_2}")
      foreach(room ${below})
        if(TARGET ${room})
          target_link_libraries(${name} PUBLIC ${room})
        endif()
      endforeach()
    endif()
  endforeach()
  layer_tests(${name})
endfunction()

# tests/NAME/*.cpp become the program test_NAME and one entry of ctest.
function(layer_tests name)
  file(GLOB_RECURSE tests CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${name}/*.cpp)
  list(FILTER tests EXCLUDE REGEX "/node_modules/")
  if(NOT tests OR NOT TESSERA_TESTS)
    return()
  endif()
  if(name STREQUAL segment) # the slow, obvious evaluators that answer beside the fast ones
    file(GLOB oracle CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/oracle/*.cpp)
    list(APPEND oracle ${CMAKE_SOURCE_DIR}/tests/language/random_tree.cpp)
  elseif(name STREQUAL live) # random definitions
    set(oracle ${CMAKE_SOURCE_DIR}/tests/language/random_tree.cpp)
  endif()
  add_executable(test_${name} ${tests} ${oracle})
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests ${CMAKE_SOURCE_DIR}/src)
  target_precompile_headers(test_${name} REUSE_FROM tessera_test_pch)
  target_link_libraries(test_${name} PRIVATE tessera_flags ${name} ${ARGN} tessera_test_support GTest::gmock
                                             GTest::gtest_main rapidcheck)
  # Each test's name as it begins, so that one that hangs is named (./run leaves out those that passed).
  add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "RC_PARAMS=seed=20260301" TIMEOUT 1500)
  if(name MATCHES "^(cli|live|discover|segment)$") # the longest begin first
    set_tests_properties(${name} PROPERTIES COST 100)
  endif()
endfunction()
