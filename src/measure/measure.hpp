// The front door of measuring: what went together with what, and how sure one may be.
//
//   hunch.hpp          hunch: two conditions, one at a cut-off and one a horizon later
//   hunch_figures.hpp  HunchQuestion, Hunch: what is asked and answered, as figures
//   hunch_words.hpp    answer_of: the answer in sentences
#pragma once
