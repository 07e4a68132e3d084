// The sets the clustering tests share: benchmark sets read from ../shared/data/clustering (tests skip where that is
// absent), and ruspini.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cluster/table.hpp"

namespace tessera::cluster {

inline std::string folder() {
  for (const char* path : {"/../shared/data/clustering/", "/../../shared/data/clustering/"})
    if (std::filesystem::exists(std::string(TESSERA_SOURCE_DIR) + path)) return std::string(TESSERA_SOURCE_DIR) + path;
  return {};
}

#define NEEDS_DATA() \
  if (folder().empty()) GTEST_SKIP() << "../shared/data/clustering is not there"

inline Matrix points_of(const std::string& name) {
  return read_table(folder() + name + ".data.gz")->values;
}
inline std::vector<uint32_t> truth_of(const std::string& name) {
  const Matrix labels = read_table(folder() + name + ".labels0.gz")->values;
  std::vector<uint32_t> truth;
  for (const double x : labels.values) truth.push_back(static_cast<uint32_t>(x - 1));
  return truth;
}

// Ruspini 1970, 75 points, as in R's package cluster.
inline Matrix ruspini() {
  constexpr double kPoints[][2] = {
      {4, 53},    {5, 63},    {10, 59},   {9, 77},    {13, 49},   {13, 69},   {12, 88},  {15, 75},  {18, 61},
      {19, 65},   {22, 74},   {27, 72},   {28, 76},   {24, 58},   {27, 55},   {28, 60},  {30, 52},  {31, 60},
      {32, 61},   {36, 72},   {28, 147},  {32, 149},  {35, 153},  {33, 154},  {38, 151}, {41, 150}, {38, 145},
      {38, 143},  {32, 143},  {34, 141},  {44, 156},  {44, 149},  {44, 143},  {46, 142}, {47, 149}, {49, 152},
      {50, 142},  {53, 144},  {52, 152},  {55, 155},  {54, 124},  {60, 136},  {63, 139}, {86, 132}, {85, 115},
      {85, 96},   {78, 94},   {74, 96},   {97, 122},  {98, 116},  {98, 124},  {99, 119}, {99, 128}, {101, 115},
      {108, 111}, {110, 111}, {108, 116}, {111, 126}, {115, 117}, {117, 115}, {70, 4},   {77, 12},  {83, 21},
      {61, 15},   {69, 15},   {78, 16},   {66, 18},   {58, 13},   {64, 20},   {69, 21},  {66, 23},  {61, 25},
      {76, 27},   {72, 31},   {64, 30}};
  Matrix data(std::size(kPoints), 2);
  for (size_t i = 0; i < data.rows; ++i) std::copy_n(kPoints[i], 2, data.row(i).begin());
  return data;
}

}  // namespace tessera::cluster
