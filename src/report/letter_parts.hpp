// The parts of a letter that letter.cpp puts together: who stands out, what fell silent.
#pragma once

#include <vector>

#include "features/revenue.hpp"
#include "profiles/history.hpp"
#include "report/letter_figures.hpp"

namespace tessera::report {

struct LetterView {
  const profiles::History& history;
  const LetterQuestion& question;
  const features::EventRoles& parts;
  const features::Takings& taken;  // its period 0 is the letter's own
  size_t periods;                  // before it that the record holds wholly
  const std::vector<bool>& apart;  // customers who are not shown: bots, staff, tests, those who refused
};

// At most three of a kind (five who went silent), by what is at stake.
void note_notables(const LetterView& view, Letter& out);

// A source is silent when nothing came for more than three times its usual gap, and a minute; a kind of event, when
// nothing came for more than three times its mean gap and half as long again as its longest one, both of the year up to
// U, in which it came twenty times at least. Listed are those that fell silent after T.
void note_silences(const LetterView& view, Letter& out);

}  // namespace tessera::report
