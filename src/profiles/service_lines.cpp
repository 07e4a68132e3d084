#include "profiles/service_lines.hpp"

#include <string>

#include "core/text.hpp"

namespace tessera::profiles {

namespace {

struct ServiceWords {
  std::string_view preset;  // empty: any
  std::string_view ids;
  std::string_view names;     // whole names, folded
  std::string_view contains;  // anywhere in the name
};
constexpr ServiceWords kServices[] = {
    {"online-retail",
     "POST|DOT|M|m|C2|D|S|BANK CHARGES|AMAZONFEE|CRUK|PADS|B|gift_0001_10|gift_0001_20|gift_0001_30|gift_0001_40|"
     "gift_0001_50|ADJUST|ADJUST2|TEST001|TEST002",
     "dotcom postage|amazon fee|cruk commission|adjust bad debt|next day carriage|pads to match all cushions",
     "gift voucher"},
    {"", "POST|POSTAGE|SHIPPING|BANK CHARGES|AMAZONFEE|ADJUST|ADJUST2|TEST|TEST001|TEST002",
     "postage|dotcom postage|shipping|delivery|delivery charge|shipping fee|shipping charge|postage & packing|handling|"
     "handling fee|carriage|next day carriage|freight|discount|coupon|adjustment|manual|manual adjustment|adjust|"
     "adjust bad debt|sample|samples|test|test article|test product|bank charges|bank charge|amazon fee|fee|fees|"
     "service fee|service charge|tip|gratuity|donation|deposit|tax|vat|gift wrap|gift wrapping|rounding|versand|"
     "versandkosten|porto|rabatt|gutschein|pfand|trinkgeld|frais de port|frais de livraison|livraison|remise|pourboire|"
     "gastos de envío|envío|descuento|propina",
     "gift card|gift voucher|giftcard|geschenkgutschein|carte cadeau|tarjeta regalo"},
};

bool has_word(std::string_view words, std::string_view word) {
  for (const std::string_view each : split(words, '|'))
    if (each == word) return true;
  return false;
}

}  // namespace

bool is_service_line(std::string_view product_id, std::string_view name, std::string_view preset) {
  const std::string folded = fold_case(trim(name));
  for (const ServiceWords& words : kServices) {
    if (!words.preset.empty() && words.preset != preset) continue;
    if (!product_id.empty() && has_word(words.ids, product_id)) return true;
    if (!folded.empty() && has_word(words.names, folded)) return true;
    for (const std::string_view part : split(words.contains, '|'))
      if (!part.empty() && folded.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace tessera::profiles
