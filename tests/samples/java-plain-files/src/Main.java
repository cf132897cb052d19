import java.net.ServerSocket;

public class Main {
    public static void main(String[] args) throws Exception {
        try (var server = new ServerSocket(9000)) { server.accept(); }
    }
}
