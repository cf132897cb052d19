package org.museum;

@SpringBootApplication
public class Tours {
    public static void main(String[] args) { SpringApplication.run(Tours.class, args); }
}
