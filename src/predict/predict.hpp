// The front door of prediction.
//
//   boosting.hpp  boosted_predictions: gradient-boosted trees, every row predicted by trees grown on others
#pragma once
