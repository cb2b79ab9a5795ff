-- wrk: post pre-made OTLP bodies in turn. Bodies come from a file: 4 bytes of length, big-endian, then the body.
local bodies, index = {}, 0

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  while true do
    local head = file:read(4)
    if not head then break end
    local a, b, c, d = head:byte(1, 4)
    bodies[#bodies + 1] = file:read(((a * 256 + b) * 256 + c) * 256 + d)
  end
  file:close()
end

function request()
  index = index % #bodies + 1
  return wrk.format("POST", "/v1/logs", { ["Content-Type"] = "application/x-protobuf" }, bodies[index])
end
