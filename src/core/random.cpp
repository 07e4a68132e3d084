#include "core/random.hpp"

namespace tessera {

double Rng::gamma(double shape, double scale) {
  if (shape < 1) return gamma(shape + 1, scale) * std::pow(1 - uniform(), 1 / shape);
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v * scale;
  }
}

uint64_t Rng::poisson(double mean) {
  uint64_t count = 0;
  while (mean > 30) {
    count += poisson(15);
    mean -= 15;
  }
  double product = uniform();
  const double limit = std::exp(-mean);
  while (product > limit) {
    product *= uniform();
    ++count;
  }
  return count;
}

size_t Rng::pick(std::span<const double> weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  double draw = uniform() * sum;
  size_t last = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = i;
    draw -= weights[i];
    if (draw < 0) return i;
  }
  return last;
}

}  // namespace tessera
