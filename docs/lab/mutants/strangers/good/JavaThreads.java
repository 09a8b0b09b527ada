// trial: good; Java, a plain thread per client
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public class JavaThreads {
    public static void main(String[] args) throws InterruptedException {
        if (args.length != 1) {
            System.err.println("usage: JavaThreads PORT");
            System.exit(2);
        }
        try (ServerSocket server = new ServerSocket(
                Integer.parseInt(args[0]), 128, InetAddress.getByName("127.0.0.1"))) {
            serve(server);
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("cannot listen on " + args[0] + ": " + e.getMessage());
            System.exit(1);
        }
    }

    private static void serve(ServerSocket server) throws InterruptedException {
        while (true) {
            Socket socket;
            try {
                socket = server.accept();
            } catch (IOException e) {
                System.err.println("accept: " + e.getMessage());
                Thread.sleep(100);
                continue;
            }
            Thread thread = new Thread(() -> echo(socket));
            thread.setDaemon(true);
            thread.start();
        }
    }

    private static void echo(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            socket.getInputStream().transferTo(socket.getOutputStream());
        } catch (IOException e) {
            // the client has gone
        }
    }
}
