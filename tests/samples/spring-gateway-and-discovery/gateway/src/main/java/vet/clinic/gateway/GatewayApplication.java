package vet.clinic.gateway;
@SpringBootApplication
public class GatewayApplication {
  public static void main(String[] args) { SpringApplication.run(GatewayApplication.class, args); }
}
