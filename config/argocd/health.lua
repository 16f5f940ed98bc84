-- Health of an object of podidentity.io, whatever its kind: docs/gitops.md has what each state looks like.
-- Argo CD runs Lua 5.1 and gives it no library of strings, only the basic functions and those of tables.
local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

local function holds(type, value)
  return conditions[type] ~= nil and conditions[type].status == value
end

local function health(state, type)
  local condition = conditions[type]
  return { status = state, message = condition.reason .. ": " .. condition.message }
end

-- What is said of an earlier generation is no news of this one. A fresh object has only what the CRD says by default.
if status.observedGeneration ~= obj.metadata.generation or conditions.Ready == nil then
  return {
    status = "Progressing",
    message = "waiting for the operator to look at generation " .. obj.metadata.generation
      .. "; if it stays so, the operator is not running",
  }
end
-- Argo CD says so itself and does not come here; others that run such scripts may.
if obj.metadata.deletionTimestamp ~= nil then
  return health("Progressing", "Ready")
end
if holds("Suspended", "True") then
  return health("Suspended", "Suspended")
end
if holds("Stalled", "True") then
  return health("Degraded", "Stalled")
end
-- Only Healthy ends a step of a sync, and with mode Plan nothing more is going to happen.
if holds("Ready", "Unknown") and conditions.Ready.reason == "Planned" then
  return health("Healthy", "Ready")
end
if not holds("Ready", "True") then
  return health("Progressing", "Ready")
end
-- AWS is as wanted. These two are to be seen, and stop nothing: running pods keep what they have.
if holds("Authorized", "False") then
  return health("Healthy", "Authorized")
end
if holds("PodsVerified", "False") then
  return health("Healthy", "PodsVerified")
end
return health("Healthy", "Ready")
