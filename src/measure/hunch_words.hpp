// What a hunch's answer says in sentences. Observations only: a test reads every word.
#pragma once

#include <string>

#include "measure/hunch_figures.hpp"

namespace tessera::measure {

// "+3.1 points", "12.4 %"; with their interval "+3.1 points (-0.2 to +6.4)", "12.4 % (11.0 to 14.0)".
std::string points(double difference);
std::string points(double difference, const stats::Interval& interval);
std::string percent(double rate);
std::string percent(double rate, const stats::Interval& interval);

// Hunch::answer, from all else.
std::string answer_of(const Hunch& hunch);
// The sentences about the experiment; empty where there is none.
std::string text_of(const HunchExperiment& experiment, const Hunch& hunch);

}  // namespace tessera::measure
