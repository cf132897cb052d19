const std = @import("std");

pub fn main() !void {
    const address = try std.net.Address.parseIp("0.0.0.0", 8000);
    var server = try address.listen(.{});
    _ = try server.accept();
}
