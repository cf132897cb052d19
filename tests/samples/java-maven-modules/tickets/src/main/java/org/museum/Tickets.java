package org.museum;

@SpringBootApplication
public class Tickets {
    public static void main(String[] args) { SpringApplication.run(Tickets.class, args); }
}
