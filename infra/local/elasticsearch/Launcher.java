import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginsLoader;

/** Starts one node of Elasticsearch in this process, from jars alone. Arguments: settings as name=value. */
public final class Launcher {
  private Launcher() {}

  public static void main(String[] arguments) throws Exception {
    var builder = Settings.builder();
    for (var argument : arguments) {
      var at = argument.indexOf('=');
      builder.put(argument.substring(0, at), argument.substring(at + 1));
    }
    var settings = builder.build();
    LogConfigurator.configureWithoutConfig(settings);
    var environment = new Environment(settings, Path.of(settings.get("path.home"), "config"));
    var plugins = PluginsLoader.createPluginsLoader(
        PluginsLoader.loadModulesBundles(environment.modulesDir()),
        PluginsLoader.loadPluginsBundles(environment.pluginsDir()),
        Map.of());
    var node = new Node(environment, plugins).start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        node.close();
      } catch (java.io.IOException exception) {
        exception.printStackTrace();
      }
    }));
    // The node's own threads do not keep a process alive.
    new CountDownLatch(1).await();
  }
}
