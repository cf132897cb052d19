package vet.clinic.discovery;
@SpringBootApplication
@EnableEurekaServer
public class DiscoveryApplication {
  public static void main(String[] args) { SpringApplication.run(DiscoveryApplication.class, args); }
}
