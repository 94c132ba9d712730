/**
 * What people choose when 12 characters are asked for: words that lists of stolen passwords begin with, to be compared
 * after digits and signs around them, and letters written as digits, are gone.
 */
const WORDS =
  'password passwort passphrase motdepasse contrasena administrator administrador admin root gantry letmein welcome ' +
  'willkommen qwertyuiop qwertzuiop qwerty azertyuiop asdfghjkl zxcvbnm iloveyou iloveyouforever princess sunshine ' +
  'football baseball basketball superman batman spiderman dragon monkey master shadow michael jennifer jordan trustno ' +
  'changeme changeit changemenow secret secretpassword mysecret mypassword mypasswordis thisismypassword default ' +
  'defaultpassword temporary temppassword testpassword testtest testing production staging development deployment ' +
  'newpassword oldpassword passwordpassword adminadmin adminpassword rootpassword userpassword correcthorsebatterystaple ' +
  'abcdefghijkl abcdefghijklmnop qazwsxedcrfv bank bankpassword company companyname summer winter spring autumn';

export const COMMON_WORDS: ReadonlySet<string> = new Set(WORDS.split(' '));
