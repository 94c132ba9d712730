-- What HAProxy's own words cannot say: rules about headers and cookies whose names are data, and a login header that
-- only counts from a login proxy. Everything it needs stands in the route, which was read once for this request.
-- engine/rollout/visitor.ts says the same in TypeScript; a test sends both the same visitors.

local users = Map.new('/gantry/users.map', Map._str)

local function text(hex)
  return (hex:gsub('%x%x', function(pair) return string.char(tonumber(pair, 16)) end))
end

local function hex(bytes)
  return (bytes:gsub('.', function(byte) return string.format('%02X', byte:byte()) end))
end

-- A field of a route is parsed once, not per request. Routes come and go, so what is remembered has an end.
local function remembering(parse)
  local kept, count = {}, 0
  return function(field)
    if kept[field] == nil then
      if count >= 1000 then kept, count = {}, 0 end
      kept[field], count = parse(field), count + 1
    end
    return kept[field]
  end
end

-- `H.NAME.VALUE/c.NAME.VALUE/U.LIST`: header or cookie; upper case: equals, lower case: begins with; U: list of users.
local rules_of = remembering(function(field)
  local rules = {}
  for kind, rest in field:gmatch('(%a)%.([^/]+)') do
    local name, value = rest:match('^(%x+)%.(%x+)$')
    rules[#rules + 1] = {
      kind = kind:upper(),
      whole = kind == kind:upper(),
      name = name and text(name),
      value = value and text(value),
      list = rest,
    }
  end
  return rules
end)

-- `NAME.DIGITS_BITS,DIGITS_BITS.PROOF-NAME.SHA256`
local identity_of = remembering(function(field)
  local name, blocks, proof, sha256 = field:match('^(%x+)%.([^.]*)%.(%x*)%.(%x*)$')
  local trusted = {}
  for digits, bits in blocks:gmatch('(%x+)_(%d+)') do
    trusted[#trusted + 1] = { digits = digits, bits = tonumber(bits) }
  end
  return { header = text(name), trusted = trusted, proof = text(proof), sha256 = sha256 }
end)

local function holds(block, address)
  if #address ~= #block.digits then return false end
  local whole, rest = block.bits // 4, 4 - block.bits % 4
  if address:sub(1, whole) ~= block.digits:sub(1, whole) then return false end
  if rest == 4 then return true end
  local one = tonumber(address:sub(whole + 1, whole + 1), 16)
  local other = tonumber(block.digits:sub(whole + 1, whole + 1), 16)
  return one >> rest == other >> rest
end

local function is_trusted(txn, identity)
  if identity.proof ~= '' then
    local secret = txn.f:req_fhdr(identity.proof)
    if secret and secret ~= '' and hex(txn.c:sha2(secret, 256)) == identity.sha256 then return true end
  end
  local address = txn:get_var('txn.address') or ''
  for _, block in ipairs(identity.trusted) do
    if holds(block, address) then return true end
  end
  return false
end

-- Many servers of apps read `X_User` as `X-User` (CGI, WSGI): under such a spelling nobody may say who they are.
local function delete_likenesses(txn, header)
  local plain = header:lower()
  local dashed = plain:gsub('_', '-')
  for name in pairs(txn.http:req_get_headers()) do
    if name ~= plain and name:gsub('_', '-') == dashed then txn.http:req_del_header(name) end
  end
end

-- Takes the login header away, and the proof with it, unless the login proxy sent it. Returns who the visitor is.
local function login(txn, identity)
  delete_likenesses(txn, identity.header)
  local user = txn.f:req_fhdr(identity.header)
  local counts = user and user ~= '' and #user <= 128 and txn.f:req_fhdr_cnt(identity.header) == 1
  local trusted = counts and is_trusted(txn, identity)
  if not trusted then txn.http:req_del_header(identity.header) end
  if identity.proof ~= '' then txn.http:req_del_header(identity.proof) end
  return trusted and user or nil
end

local function matches(txn, rule, user)
  if rule.kind == 'U' then return user ~= nil and users:lookup(rule.list .. '.' .. hex(user)) ~= nil end
  local value
  if rule.kind == 'H' then value = txn.f:req_fhdr(rule.name) else value = txn.f:req_cook(rule.name) end
  if not value then return false end
  if rule.whole then return value == rule.value end
  return value:sub(1, #rule.value) == rule.value
end

core.register_action('know_visitor', { 'http-req' }, function(txn)
  local identity, rules = txn:get_var('txn.identity'), txn:get_var('txn.rules')
  local user
  if identity and identity ~= '-' then
    user = login(txn, identity_of(identity))
    if user then txn:set_var('txn.login', user) end
  end
  if not rules or rules == '-' then return end
  for _, rule in ipairs(rules_of(rules)) do
    if matches(txn, rule, user) then
      txn:set_var('txn.by_rule', 1)
      return
    end
  end
end)
