// What libphonenumber-js makes of its example numbers, for tests/core/phone_test.cpp: of each country the number as it is
// written inside and outside, dialled from another country, and as digits.
const path = require('path');
const folder = path.join(__dirname, '../../deps/node_modules/libphonenumber-js');
const {parsePhoneNumberFromString, getExampleNumber, getCountries} = require(folder + '/index.cjs');
const examples = require(folder + '/examples.mobile.json');
const {version} = require(folder + '/package.json');

const numbers = [];
for (const country of getCountries()) {
  const example = getExampleNumber(country, examples);
  if (!example) continue;
  const international = example.formatInternational(), national = example.formatNational();
  for (const text of [
    example.number, international, national, international.replace(/ /g, '-'), national.replace(/\D/g, ''),
    example.number.replace('+', '00'),
  ]) {
    // Two zeros lead abroad from most countries; where they do not, they are no call abroad there.
    const parsed = parsePhoneNumberFromString(text, country);
    if (text.startsWith('00') && (!parsed || parsed.number !== example.number)) continue;
    numbers.push({country, text, number: parsed ? parsed.number : ''});
  }
}
process.stdout.write(JSON.stringify({version, numbers}));
