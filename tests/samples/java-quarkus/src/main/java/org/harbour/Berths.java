package org.harbour;

import jakarta.ws.rs.*;

@Path("/berths")
public class Berths {
    @GET
    public String list() { return "none"; }
}
